import type { Journal } from '../logs/journal.js';
import { exchange, type HttpAnswer, type Trust } from './http.js';

export interface ApiVersion {
  readonly major: number;
  readonly minor: number;
}

/** An API that does not say its version is taken for this one: it has lookup and heartbeat, and no tokens. */
const oldest: ApiVersion = { major: 1, minor: 31 };

export const parseVersion = (text: unknown): ApiVersion | undefined => {
  const match = /^(\d+)\.(\d+)$/.exec(typeof text === 'string' ? text : '');
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
};

/** Writes the version to send: what the server has, at most what this agent knows. */
const atMost = (version: ApiVersion, minor: number): string => `1.${Math.min(version.minor, minor)}`;

export interface Heartbeat {
  readonly callbackUrl: string;
  readonly agentVersion: string;
  readonly agentToken: string | null;
  readonly certificate?: string;
}

export interface IronicApiOptions {
  readonly urls: readonly string[];
  readonly trust: Trust;
  readonly timeoutMs: number;
  readonly globalRequestId?: string;
  /** Asks for no version but takes this one. */
  readonly version?: string;
  readonly journal: Journal;
}

/** The three calls that an agent makes. Of several addresses, the one that last answered is asked first. */
export class IronicApi {
  private urls: string[];
  private known?: ApiVersion;

  constructor(private readonly options: IronicApiOptions) {
    this.urls = [...options.urls];
  }

  /** The address that answered last, else the first one. */
  get url(): string {
    return this.urls[0]!;
  }

  async version(): Promise<ApiVersion> {
    const fixed = parseVersion(this.options.version);
    if (fixed) return fixed;
    if (this.known) return this.known;
    try {
      const answer = await this.call('GET', '/', {});
      const document = JSON.parse(answer.text) as { default_version?: { version?: unknown } };
      this.known = parseVersion(document.default_version?.version);
    } catch (error) {
      this.options.journal.info(`the API did not say its version: ${String(error)}`);
    }
    // What was not answered is asked again with the next call: the API may only have been starting.
    return this.known ?? oldest;
  }

  async lookup(addresses: readonly string[], nodeUuid: string | undefined): Promise<HttpAnswer> {
    const query = new URLSearchParams({ addresses: addresses.join(',') });
    if (nodeUuid) query.set('node_uuid', nodeUuid);
    const version = atMost(await this.version(), 62);
    return this.call('GET', `/v1/lookup?${query}`, { 'X-OpenStack-Ironic-API-Version': version });
  }

  async heartbeat(nodeUuid: string, heartbeat: Heartbeat): Promise<HttpAnswer> {
    const version = await this.version();
    const body = {
      callback_url: heartbeat.callbackUrl,
      ...(version.minor >= 62 && { agent_token: heartbeat.agentToken }),
      ...(version.minor >= 36 && { agent_version: heartbeat.agentVersion }),
      ...(version.minor >= 68 && heartbeat.certificate && { agent_verify_ca: heartbeat.certificate }),
    };
    const headers = { 'X-OpenStack-Ironic-API-Version': atMost(version, 68) };
    return this.call('POST', `/v1/heartbeat/${nodeUuid}`, headers, JSON.stringify(body));
  }

  private async call(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<HttpAnswer> {
    let failure: unknown;
    for (const url of [...this.urls]) {
      try {
        const answer = await exchange({
          url: url + path,
          method,
          headers: this.headers(headers),
          body,
          ...this.options,
        });
        this.urls = [url, ...this.urls.filter(other => other !== url)];
        return answer;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  private headers(more: Record<string, string>): Record<string, string> {
    const requestId = this.options.globalRequestId;
    return {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      ...(requestId && { 'X-OpenStack-Request-ID': requestId }),
      ...more,
    };
  }
}
