import type { Paint } from '../io.js';

interface Titled {
  readonly node: string;
  readonly name: string | null;
  readonly provision_state: string;
}

/** `Node bm-01 (uuid) is "active".` */
export const nodeTitle = ({ node, name, provision_state: state }: Titled, paint: Paint): string =>
  `Node ${name === null ? paint.bold(node) : `${paint.bold(name)} (${node})`} is ${inColour(state, paint)}.`;

export const inColour = (state: string, paint: Paint): string => {
  const text = `"${state}"`;
  return /failed$|^error$/.test(state) ? paint.red(text) : text;
};
