/** Calls it with the rights of nobody where the tests run as root, who may write to anything. */
export const asNobody = <T>(call: () => T): T => {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0) return call();
  seteuid!(65_534);
  try {
    return call();
  } finally {
    seteuid!(0);
  }
};
