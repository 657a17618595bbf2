import type { EventJson } from '#apps/api';
import type { Client } from './client.js';
import { Refusal } from './client.js';

const NODE_STREAM = 'node-';

/** What to call the subject of an event: a node by its name or the start of its uuid, anything else by its stream. */
export class NodeNames {
  readonly #names = new Map<string, string | null>();

  constructor(private readonly client: Client) {}

  async labelOf({ stream, type, data }: EventJson): Promise<string> {
    if (!stream.startsWith(NODE_STREAM)) return stream;
    const uuid = stream.slice(NODE_STREAM.length);
    const given = nameIn(type, data);
    if (given !== undefined) this.#names.set(uuid, given);
    else if (!this.#names.has(uuid)) await this.#ask(uuid);
    return this.#names.get(uuid) ?? uuid.slice(0, 8);
  }

  async #ask(uuid: string): Promise<void> {
    try {
      const { name } = await this.client.get<{ name: string | null }>(`/v1/nodes/${uuid}?fields=name`);
      this.#names.set(uuid, name);
    } catch (error) {
      // A node that is gone has no name any more; a server that is gone may say it later.
      if (error instanceof Refusal) this.#names.set(uuid, null);
    }
  }
}

/** Events that name a node anew. */
const nameIn = (type: string, data: EventJson['data']): string | null | undefined => {
  if (type === 'NodeEnrolled') return (data.attributes as { name?: string | null }).name ?? null;
  return type === 'NodeAttributesChanged' ? (data.changes as { name?: string | null }).name : undefined;
};
