/**
 * The words of a kernel command line. Keys lose the difference between `-` and `_`, as in the kernel itself
 * (Documentation/admin-guide/kernel-parameters.rst); a value may be quoted; a word without `=` has the value "".
 */
export const parseKernelParameters = (line: string): Map<string, string> => {
  const parameters = new Map<string, string>();
  for (const word of line.match(/(?:[^\s"]|"[^"]*")+/g) ?? []) {
    const [key = '', ...rest] = word.replaceAll('"', '').split('=');
    parameters.set(key.replaceAll('-', '_'), rest.join('='));
  }
  return parameters;
};

/** `parameters.txt` of virtual media: a parameter per line. */
export const parseParametersFile = (text: string): Map<string, string> =>
  new Map(text.split('\n').flatMap(line => [...parseKernelParameters(line.trim())]));
