/** A word that a boot loader would read as something else than a word of the kernel's command line. */
export class UnsafeWord extends Error {}

/** What iPXE ends a command by (its `command_terminators`). */
const terminators = new Set(['#', '||', '&&', ';']);

/**
 * Words as all three loaders take them as they are.
 *
 * @throws UnsafeWord
 */
export const kernelWords = (parameters: readonly string[]): readonly string[] => {
  for (const word of parameters)
    if (!/^[\x21-\x7e]+$/.test(word) || word.includes('${') || terminators.has(word))
      throw new UnsafeWord(`${JSON.stringify(word)} cannot stand on a kernel's command line here`);
  return parameters;
};
