/** Hints by which an agent finds the disk to write to (Ironic, agent API). */
const texts = [
  'model',
  'vendor',
  'serial',
  'wwn',
  'wwn_with_extension',
  'wwn_vendor_extension',
  'hctl',
  'name',
  'by_path',
];
const hints = [...texts, 'size', 'rotational'];
const numeric = /^(=|==|!=|>=|<=|<or>|<in>)?\s*\d/;

/** Why hints cannot be understood; undefined when they can. */
export const rootDeviceFault = (given: unknown): string | undefined => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'it must be an object of hints';
  for (const [name, value] of Object.entries(given)) {
    if (!hints.includes(name)) return `there is no hint "${name}"; there are ${hints.join(', ')}`;
    if (name === 'size' && !numeric.test(String(value)))
      return `"size" must be a number of GiB, perhaps after an operator`;
    if (name === 'rotational' && !/^(true|false|yes|no|on|off|0|1)$/i.test(String(value)))
      return '"rotational" must be true or false';
  }
  return undefined;
};
