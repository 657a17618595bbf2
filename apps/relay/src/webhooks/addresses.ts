import { BlockList, isIPv6 } from 'node:net';

// A webhook makes this process send requests to an address that a client chose (OWASP, "Server-Side Request Forgery
// Prevention"). Registries of special addresses: RFC 6890.

const blockList = (...subnets: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIPv6(network) ? 'ipv6' : 'ipv4');
  return list;
};

const loopback = blockList(['127.0.0.0', 8], ['::1', 128]);
/** Inside: only where the operator says so. */
const inside = blockList(['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['fc00::', 7]);
/** Nobody's, everybody's, or of the link, where clouds keep credentials: never. */
const never = blockList(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
);

/** Why nothing may be sent to the address, or undefined where it may. */
export const refusalOf = (
  address: string,
  { allowPrivate, protocol }: { readonly allowPrivate: boolean; readonly protocol: string },
): string | undefined => {
  const isIn = (list: BlockList) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  if (isIn(never)) return `nothing is delivered to ${address}`;
  if (protocol === 'http:' && !isIn(loopback)) return `${address} is no loopback address, and http goes to no other`;
  if (!allowPrivate && (isIn(loopback) || isIn(inside)))
    return `${address} is a private address, and webhookAllowPrivate is not set`;
  return undefined;
};
