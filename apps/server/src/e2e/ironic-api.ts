/** What an answer of the API is, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON, undefined where there is none. */
  readonly body: unknown;
}

/** Fields of a node that tests look at. */
export type NodeBody = Readonly<Record<string, unknown>> & {
  readonly uuid: string;
  readonly provision_state: string;
  readonly last_error: string | null;
};

/** The API without a client, for what tests need around the case that they are about. */
export interface IronicApi {
  request(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The same, for requests that have to succeed. Answers the body. */
  ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  node(ident: string): Promise<NodeBody>;
  /** Waits until the node is as asked. @throws Error with the node as it was last seen */
  until(ident: string, what: string, condition: (node: NodeBody) => boolean): Promise<NodeBody>;
  /** Waits until the node rests in the state: nothing works on it any more. */
  untilState(ident: string, state: string): Promise<NodeBody>;
  /** Asks for a verb (Ironic, state machine), and waits for the state. */
  provision(ident: string, target: string, state: string, more?: object): Promise<NodeBody>;
  /** A fake machine, brought on the shortest way to the state. `body` are fields of the node. */
  aNode(name: string, state: RestingState, body?: object): Promise<NodeBody>;
}

export type RestingState = 'enroll' | 'manageable' | 'available' | 'active';

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 25;

/** `version` is sent with every request, such as `1.110`; none is sent where it is left out. */
export const ironicApi = (url: string, version?: string): IronicApi => {
  const api: IronicApi = {
    async request(method, path, body, headers) {
      const answer = await fetch(url + path, {
        method,
        headers: {
          ...(version && { 'X-OpenStack-Ironic-API-Version': version }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
    },
    async ask<T>(method: string, path: string, body?: unknown) {
      const answer = await api.request(method, path, body);
      if (answer.status >= 300)
        throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer.body as T;
    },
    node: ident => api.ask('GET', `/v1/nodes/${ident}`),
    async until(ident, what, condition) {
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const node = await api.node(ident);
        if (condition(node)) return node;
        if (Date.now() > deadline)
          throw new Error(`Waited in vain for ${ident} ${what}. It is ${JSON.stringify(node)}`);
        await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS));
      }
    },
    untilState: (ident, state) =>
      api.until(ident, `to be in "${state}"`, node => node.provision_state === state && node.reservation === null),
    async provision(ident, target, state, more = {}) {
      await api.ask('PUT', `/v1/nodes/${ident}/states/provision`, { target, ...more });
      return api.untilState(ident, state);
    },
    async aNode(name, state, body = {}) {
      await api.ask('POST', '/v1/nodes', { driver: 'fake-hardware', name, ...body });
      if (state === 'enroll') return api.node(name);
      const node = await api.provision(name, 'manage', 'manageable');
      if (state === 'manageable') return node;
      return state === 'active' ? api.provision(name, 'adopt', 'active') : api.provision(name, 'provide', 'available');
    },
  };
  return api;
};
