/** How the agent runs: from the kernel command line, and from a file on virtual media, which wins. Times in seconds. */
export interface Parameters {
  /** Base addresses of the API, without `/v1`; empty: no API, commands only with a token of its own. */
  readonly apiUrls: readonly string[];
  readonly agentToken?: string;
  readonly globalRequestId?: string;
  readonly insecure: boolean;
  readonly caFile: string;
  readonly listenHost: string;
  readonly listenPort: number;
  readonly advertiseHost?: string;
  readonly advertisePort?: number;
  readonly advertiseProtocol?: 'http' | 'https';
  readonly ipLookupAttempts: number;
  readonly ipLookupTimeout: number;
  readonly lookupTimeout: number;
  readonly lookupInterval: number;
  readonly heartbeatMinInterval?: number;
  readonly httpRequestTimeout: number;
  readonly collectLldp: boolean;
  readonly inspectionCallbackUrl?: string;
  readonly inspectionCollectors: readonly string[];
  readonly inspectionDhcpWait: number;
  readonly hardwareInitializationDelay: number;
  readonly hardwareManagers: string;
  readonly diskWaitAttempts: number;
  readonly diskWaitDelay: number;
  readonly ntpServer?: string;
  readonly ironicApiVersion?: string;
  readonly ignoreBootloaderFailure: boolean;
  readonly injectFilesPriority: number;
  readonly download: {
    readonly connectionTimeout: number;
    readonly retries: number;
    readonly retryInterval: number;
    readonly maxDuration: number;
  };
  readonly tlsMinVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly tlsCipherSuites?: string;
  readonly debug: boolean;
  /** The MAC address of the interface that the machine booted from. */
  readonly bootInterface?: string;
}

export class BadParameters extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`kernel parameters cannot be used: ${problems.join('; ')}`);
  }
}

const truths = new Set(['1', 'true', 'yes', 'on', 't', 'y']);

/** Reads `ipa_…` values and gathers what is wrong with them, so that one start names every mistake. */
const reader = (values: ReadonlyMap<string, string>, problems: string[]) => {
  const text = (name: string): string | undefined => values.get(`ipa_${name}`) || undefined;
  const number = <T>(name: string, fallback: T): number | T => {
    const given = text(name);
    if (given === undefined) return fallback;
    const value = Number(given);
    if (!Number.isNaN(value) && value >= 0) return value;
    problems.push(`ipa-${name.replaceAll('_', '-')}=${given} is no number from 0 up`);
    return fallback;
  };
  const choice = <T extends string>(name: string, choices: Record<string, T>): T | undefined => {
    const given = text(name);
    if (given === undefined) return undefined;
    if (choices[given]) return choices[given];
    problems.push(`ipa-${name.replaceAll('_', '-')}=${given} is none of ${Object.keys(choices).join(', ')}`);
    return undefined;
  };
  const flag = (name: string): boolean => truths.has((text(name) ?? '').toLowerCase());
  const list = (name: string): string[] => (text(name) ?? '').split(',').filter(item => item !== '');
  return { text, number, choice, flag, list };
};

/** `01-aa-bb-cc-dd-ee-ff` (PXELINUX puts the hardware type in front) or a plain address, as `aa:bb:cc:dd:ee:ff`. */
export const macOfBootInterface = (bootif: string | undefined): string | undefined => {
  const bytes = (bootif ?? '').toLowerCase().split(/[-:]/);
  if (bytes.some(byte => !/^[0-9a-f]{2}$/.test(byte))) return undefined;
  return bytes.length === 6 || bytes.length === 7 ? bytes.slice(-6).join(':') : undefined;
};

const tlsVersions = { '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' } as const;

export const readParameters = (values: ReadonlyMap<string, string>): Parameters => {
  const problems: string[] = [];
  const { text, number, choice, flag, list } = reader(values, problems);
  const parameters: Parameters = {
    apiUrls: list('api_url').map(url => url.replace(/\/+$/, '').replace(/\/v1$/, '')),
    agentToken: text('agent_token'),
    globalRequestId: text('global_request_id'),
    insecure: flag('insecure'),
    caFile: text('ca_file') ?? '/etc/ironic-python-agent/ironic.crt',
    listenHost: text('listen_host') ?? '::',
    listenPort: number('listen_port', 9999),
    advertiseHost: text('advertise_host'),
    advertisePort: number('advertise_port', undefined),
    advertiseProtocol: choice('advertise_protocol', { http: 'http', https: 'https' }),
    ipLookupAttempts: number('ip_lookup_attempts', 6),
    ipLookupTimeout: number('ip_lookup_timeout', 10),
    lookupTimeout: number('lookup_timeout', 600),
    lookupInterval: number('lookup_interval', 1),
    heartbeatMinInterval: number('heartbeat_min_interval', undefined),
    httpRequestTimeout: number('http_request_timeout', 30),
    collectLldp: flag('collect_lldp'),
    inspectionCallbackUrl: text('inspection_callback_url'),
    inspectionCollectors: text('inspection_collectors') ? list('inspection_collectors') : ['default', 'logs'],
    inspectionDhcpWait: number('inspection_dhcp_wait_timeout', 60),
    hardwareInitializationDelay: number('hardware_initialization_delay', 0),
    hardwareManagers: text('hardware_managers') ?? '/etc/ferrolog-agent/hardware-managers',
    diskWaitAttempts: number('disk_wait_attempts', 10),
    diskWaitDelay: number('disk_wait_delay', 3),
    ntpServer: text('ntp_server'),
    ironicApiVersion: text('ironic_api_version'),
    ignoreBootloaderFailure: flag('ignore_bootloader_failure'),
    injectFilesPriority: number('inject_files_priority', 0),
    download: {
      connectionTimeout: number('image_download_connection_timeout', 60),
      retries: number('image_download_connection_retries', 9),
      retryInterval: number('image_download_connection_retry_interval', 10),
      maxDuration: number('image_download_max_duration', 0),
    },
    tlsMinVersion: choice('tls_min_version', tlsVersions) ?? 'TLSv1.2',
    tlsCipherSuites: text('tls_cipher_suites'),
    debug: flag('debug'),
    bootInterface: macOfBootInterface(values.get('BOOTIF')),
  };
  if (problems.length > 0) throw new BadParameters(problems);
  return Object.freeze(parameters);
};
