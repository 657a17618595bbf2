import { firstMembers, portFieldCount } from '#ironic';
import type { PortText } from '#read-model';
import { links } from './links.js';
import type { View } from './nodes/node-answers.js';

/** A whole port as the version sees it. */
export const portText = (row: PortText, { minor, base }: View): string =>
  `{${firstMembers(row, portFieldCount(minor))},"links":${links(base, 'ports', row.uuid)}}`;
