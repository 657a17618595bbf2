import type { Bag } from '#domain';
import { isoOf } from '#domain';
import type { Minor } from '#ironic';
import {
  extendedMember,
  firstMembers,
  masked,
  member,
  naiveTimestamp,
  nodeFieldCount,
  nodeFieldPlace,
  requestFields,
} from '#ironic';
import type { NodeBrief, NodeText } from '#read-model';
import type { ApiPorts } from '../../ports.js';
import { links } from '../links.js';

export interface View {
  readonly minor: Minor;
  readonly base: string;
}

const internal = nodeFieldPlace('driver_internal_info')!;
const state = nodeFieldPlace('provision_state')!;

/**
 * Answers about nodes, cut from the texts that the rows keep. What depends on the request or the moment is put in here:
 * links, the owning conductor, signs of life, and the words that old versions have for states.
 */
export class NodeAnswers {
  readonly #wholeTail = tails(wholeTail);
  readonly #briefTail = tails(briefTail);

  constructor(private readonly ports: ApiPorts) {}

  /** The whole node as the version sees it. */
  async whole(row: NodeText, view: View): Promise<string> {
    return this.wholeNow(row.sealed ? await this.#opened(row) : row, view);
  }

  wholeNow(given: NodeText, view: View): string {
    const { minor } = view;
    const row = this.#withSigns(given);
    const text = firstMembers(row, nodeFieldCount(minor));
    const conductor = minor >= requestFields.conductor! ? this.#conductor(row) : '';
    return `{${oldWords(row, text, minor)}${this.#wholeTail(view).join(row.uuid)}${conductor}}`;
  }

  async some(row: NodeText, fields: readonly string[], view: View): Promise<string> {
    return this.someNow(row.sealed ? await this.#opened(row) : row, fields, view);
  }

  someNow(given: NodeText, fields: readonly string[], { minor, base }: View): string {
    const row = this.#withSigns(given);
    let text = '{';
    for (const field of fields) {
      const place = nodeFieldPlace(field);
      if (place !== undefined) text += `${oldWords(row, member(row, place), minor)},`;
      else if (field === 'conductor') text += `"conductor":${this.#conductor(row)},`;
      else if (field !== 'links') text += `"${field}":${links(base, 'nodes', row.uuid, `/${field}`)},`;
    }
    return `${text}"links":${links(base, 'nodes', row.uuid)}}`;
  }

  brief({ uuid, name, brief }: NodeBrief, view: View): string {
    const { minor } = view;
    const text = minor < 39 ? briefOldWords(brief, minor) : brief;
    return `{${text}${minor >= 5 ? `,"name":${JSON.stringify(name)}` : ''}${this.#briefTail(view).join(uuid)}}`;
  }

  #conductor({ conductor_group, driver, uuid }: NodeText): string {
    return JSON.stringify(this.ports.ownerOf(conductor_group, driver, uuid) ?? null);
  }

  #withSigns(row: NodeText): NodeText {
    const heard = this.ports.telemetry.lastHeard(row.uuid);
    if (heard === undefined) return row;
    const text = `"agent_last_heartbeat":${JSON.stringify(naiveTimestamp(isoOf(heard)))}`;
    return { ...row, ...extendedMember(row, internal, text) };
  }

  /** Sealed values that are no secrets by their name are shown as they are: few nodes have any. */
  async #opened(row: NodeText): Promise<NodeText> {
    let result = row;
    for (const field of ['driver_info', 'instance_info']) {
      const place = nodeFieldPlace(field)!;
      const before = member(result, place);
      const bag = JSON.parse(before.slice(before.indexOf(':') + 1)) as Bag;
      const after = `"${field}":${JSON.stringify(masked(await this.ports.content.plain(bag)))}`;
      result = { ...result, ...replacedMember(result, place, before, after) };
    }
    return result;
  }
}

/** What stands around the uuid at the end of every node of an answer. Most requests come by the same address. */
const tails = (tailOf: (view: View, uuid: string) => string): ((view: View) => readonly string[]) => {
  let last: { readonly view: View; readonly pieces: readonly string[] } | undefined;
  return view => {
    if (last?.view.base !== view.base || last.view.minor !== view.minor)
      last = { view: { base: view.base, minor: view.minor }, pieces: tailOf(view, '\0').split('\0') };
    return last.pieces;
  };
};

const wholeTail = ({ base, minor }: View, uuid: string): string =>
  `,"links":${links(base, 'nodes', uuid)},"ports":${links(base, 'nodes', uuid, '/ports')}` +
  (minor >= requestFields.states! ? `,"states":${links(base, 'nodes', uuid, '/states')}` : '') +
  (minor >= requestFields.conductor! ? ',"conductor":' : '');

const briefTail = ({ base }: View, uuid: string): string => `,"links":${links(base, 'nodes', uuid)}`;

const replacedMember = (row: NodeText, place: number, before: string, after: string) => {
  const start = row.offsets.readUInt32LE(place * 4);
  const offsets = Buffer.from(row.offsets);
  for (let at = (place + 1) * 4; at < offsets.length; at += 4)
    offsets.writeUInt32LE(offsets.readUInt32LE(at) + after.length - before.length, at);
  return { text: row.text.slice(0, start) + after + row.text.slice(start + before.length), offsets };
};

/** Ironic, state machine: `available` had no name before 1.2, and `inspect wait` none before 1.39. */
const oldWords = (row: NodeText, text: string, minor: Minor): string => {
  if (minor >= 39) return text;
  const now = member(row, state);
  if (now === '"provision_state":"inspect wait"') return text.replace(now, '"provision_state":"inspecting"');
  return minor < 2 && now === '"provision_state":"available"' ? text.replace(now, '"provision_state":null') : text;
};

const briefOldWords = (brief: string, minor: Minor): string => {
  const text = brief.replace('"provision_state":"inspect wait"', '"provision_state":"inspecting"');
  return minor < 2 ? text.replace('"provision_state":"available"', '"provision_state":null') : text;
};
