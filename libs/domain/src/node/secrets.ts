import type { Node } from './node.js';

/** Whose data key seals credentials of the machine: one an incarnation, erased when the node is deleted. */
export const nodeKeySubject = (node: Node): string => `node/${node.uuid}/${node.incarnation}`;

/** Whose data key seals what belongs to an instance (config drive, tokens, passwords): erased at tear-down. */
export const instanceKeySubject = (node: Node): string => `instance/${node.uuid}/${node.instanceSince}`;

/** Words that make the name of a field sensitive wherever they stand in it (Ironic, access and secrets). */
const sensitiveWords = [
  'adminpass',
  'admin_pass',
  'password',
  'passwd',
  'auth_token',
  'new_pass',
  'secret',
  'sys_pswd',
  'token',
  'configdrive',
  'encrypted_key',
  'private_key',
  'fernetkey',
  'sslkey',
  'passphrase',
  'cephclusterfsid',
  'octaviaheartbeatkey',
  'rabbitcookie',
  'cephmanilaclientkey',
  'pacemakerremoteauthkey',
  'designaterndckey',
  'cephadminkey',
  'heatauthencryptionkey',
  'cephclientkey',
  'keystonecredential',
  'barbicansimplecryptokek',
  'cephrgwkey',
  'swifthashsuffix',
  'migrationsshkey',
  'cephmdskey',
  'cephmonkey',
  'snmp_auth_key',
  'snmp_priv_key',
  'kg_key',
  // Of IPMI's send_raw: the bytes may set a password.
  'raw_bytes',
];

export const isSensitiveName = (name: string): boolean => {
  const lower = name.toLowerCase();
  return sensitiveWords.some(word => lower.includes(word));
};

/** User and password of a URL, wherever it stands. */
const credentials = /(\b[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:)[^/\s]*@/gi;

/** A text with a URL that carries a user's password. */
export const holdsCredentials = (value: unknown): boolean =>
  typeof value === 'string' && value.search(credentials) >= 0;

/** The same with the passwords of all URLs in it masked. */
export const withoutCredentials = (text: string): string => text.replaceAll(credentials, '$1******@');
