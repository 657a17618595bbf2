import { Problem } from '../problem.js';

/**
 * What goes out is signed and not sealed: it travels encrypted, or does not leave the machine. Which addresses the name
 * may stand for is judged when it is delivered, because names change.
 *
 * @throws Problem webhook.url-refused
 */
export const requireDeliverable = (text: string): void => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw refused('is none');
  if (url.username !== '' || url.password !== '') throw refused('has a user or a password in it');
  if (url.hash !== '') throw refused('has a fragment');
  const isTaken = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackName(url.hostname));
  if (!isTaken) throw refused('is neither https, nor http to a loopback address');
};

const isLoopbackName = (hostname: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname) || hostname.endsWith('.localhost');

/** Does not repeat the address: there may be a password in it. */
const refused = (reason: string): Problem =>
  new Problem({
    code: 'webhook.url-refused',
    title: 'Nothing can be delivered to this address',
    detail: `The address of the webhook ${reason}.`,
    hint: 'Give an https address without credentials; receivers tell deliveries by their signature.',
  });
