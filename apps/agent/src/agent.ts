import type { SecureVersion } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandLog } from './api/command-log.js';
import { startAgentApi, type AgentApi } from './api/server.js';
import { allExtensions } from './extensions/extensions.js';
import { genericManager } from './hardware/generic/generic-manager.js';
import { Hardware } from './hardware/hardware.js';
import type { Disk, NetworkInterface } from './hardware/inventory/inventory.js';
import { loadManagers } from './hardware/load-managers.js';
import { callbackUrl, findSourceAddress } from './lookup/advertised-address.js';
import { Heartbeater } from './lookup/heartbeater.js';
import { callBack } from './lookup/inspection.js';
import { inspectionData } from './lookup/inspection-data.js';
import { IronicApi } from './lookup/ironic-api.js';
import { lookup, type Bag, type LookedUp } from './lookup/lookup.js';
import { trustOf } from './lookup/trust.js';
import { listFolder } from './machine/files.js';
import type { Machine } from './machine/machine.js';
import { networkIsReady } from './machine/network-ready.js';
import { tryRun } from './machine/run-command.js';
import type { Parameters } from './parameters/parameters.js';
import { selfSignedCertificate, type OwnCertificate } from './tls/self-signed-certificate.js';
import { agentVersion } from './version.js';

/** From this version of the API on the agent makes a certificate and serves https. */
const versionWithTls = 68;

/** Ironic drops a heartbeat that comes while it works on the last one; Ferrolog announces less. */
const ironicMinimumS = 5;

const tlsVersions: Record<string, SecureVersion> = { '1.2': 'TLSv1.2', '1.3': 'TLSv1.3' };

/** The agent of one boot: finds its node, serves commands, tells that it is alive. */
export class Agent {
  private node: Bag = {};
  private config: Bag = {};
  private token?: string;
  private api?: AgentApi;
  private heartbeater?: Heartbeater;
  private hardware!: Hardware;
  private commands!: CommandLog;
  private readonly startedAt = new Date();

  constructor(
    private readonly machine: Machine,
    private readonly parameters: Parameters,
  ) {
    this.token = parameters.agentToken;
  }

  /** The port that commands are served on, once they are. */
  get port(): number | undefined {
    return this.api?.port;
  }

  /** Resolves when commands are served and, with an API, the heartbeats run. */
  async start(): Promise<void> {
    await this.prepareMachine();
    const nodeUuid = await this.inspect();
    if (this.parameters.apiUrls.length === 0) {
      if (!this.parameters.inspectionCallbackUrl) await this.serve();
      return;
    }
    const { journal } = this.machine;
    const { apiUrls: urls, globalRequestId, ironicApiVersion: version, httpRequestTimeout } = this.parameters;
    const trust = await trustOf(this.parameters);
    const api = new IronicApi({ urls, trust, timeoutMs: httpRequestTimeout * 1000, globalRequestId, version, journal });
    const found = await this.findNode(api, nodeUuid);
    await this.register(api, found);
  }

  /** Ends heartbeats and API. A command that runs goes on. */
  async stop(): Promise<void> {
    await this.heartbeater?.stop();
    await this.api?.close();
  }

  private async prepareMachine(): Promise<void> {
    const { machine, parameters } = this;
    if (parameters.ntpServer) await this.setClock(parameters.ntpServer);
    await sleep(parameters.hardwareInitializationDelay * 1000);
    const managers = [...(await loadManagers(parameters.hardwareManagers, machine.journal)), genericManager()];
    this.hardware = await Hardware.of(managers, machine, parameters, () => ({ node: this.node, config: this.config }));
    this.commands = new CommandLog(
      allExtensions({
        hardware: this.hardware,
        machine,
        config: () => this.config,
        setNode: node => (this.node = node),
        runCommand: (name, params) => this.commands.runInside(name, params),
        leave: () => this.afterAnswer(() => this.stop()),
        lockDown: () => this.afterAnswer(() => this.lockDown()),
      }),
      machine.journal,
      () => this.heartbeater?.force(),
    );
    await this.waitForDisks();
    const list = () => this.hardware.dispatch<NetworkInterface[]>('list_network_interfaces');
    const ready = await networkIsReady(list, parameters.inspectionDhcpWait * 1000);
    if (!ready) machine.journal.info('no interface has an address; going on all the same');
  }

  /** Certificates are judged by the clock, and a machine that lost its battery is years behind. */
  private async setClock(server: string): Promise<void> {
    const { run } = this.machine;
    const set =
      (await tryRun(run, 'chronyd', ['-q', `server ${server} iburst`], { timeoutMs: 30_000 })) ??
      (await tryRun(run, 'ntpd', ['-n', '-q', '-p', server], { timeoutMs: 30_000 }));
    if (set !== undefined) await tryRun(run, 'hwclock', ['--systohc']);
  }

  /** Controllers take seconds to show their disks. A machine without one is looked up all the same. */
  private async waitForDisks(): Promise<void> {
    const { diskWaitAttempts, diskWaitDelay } = this.parameters;
    for (const end = Date.now() + diskWaitAttempts * diskWaitDelay * 1000; ; await sleep(200)) {
      if ((await this.hardware.dispatch<Disk[]>('list_block_devices')).length > 0) return;
      if (Date.now() >= end) break;
    }
    this.machine.journal.info('no disk has appeared');
  }

  private async inspect(): Promise<string | undefined> {
    const { inspectionCallbackUrl: url, inspectionCollectors, httpRequestTimeout } = this.parameters;
    if (!url) return undefined;
    const data = await inspectionData(this.hardware, this.machine, inspectionCollectors);
    return callBack({
      url,
      data,
      trust: await trustOf(this.parameters),
      timeoutMs: httpRequestTimeout * 1000,
      attempts: 5,
      pauseS: 5,
      journal: this.machine.journal,
    });
  }

  private async findNode(api: IronicApi, nodeUuid: string | undefined): Promise<LookedUp> {
    const addresses = async (): Promise<string[]> => {
      const interfaces = await this.hardware.dispatch<NetworkInterface[]>('list_network_interfaces');
      return interfaces.map(one => one.mac_address);
    };
    const { lookupTimeout: timeoutS, lookupInterval: intervalS, agentToken: ownToken } = this.parameters;
    const { journal } = this.machine;
    const found = await lookup({ api, addresses, nodeUuid, ownToken, timeoutS, intervalS, journal });
    this.node = found.node;
    this.config = found.config;
    this.token = found.token;
    journal.info(`this machine is node ${found.node.uuid}`);
    return found;
  }

  private async register(api: IronicApi, found: LookedUp): Promise<void> {
    const { parameters, machine } = this;
    const { ipLookupAttempts, ipLookupTimeout } = parameters;
    const host = parameters.advertiseHost ?? (await findSourceAddress(api.url, ipLookupAttempts, ipLookupTimeout));
    const hasTls = parameters.advertiseProtocol !== 'http' && (await api.version()).minor >= versionWithTls;
    const certificate = hasTls ? selfSignedCertificate(host, 'ferrolog-agent', new Date()) : undefined;
    await this.serve(certificate);
    const port = parameters.advertisePort ?? this.api!.port;
    const minimumS =
      parameters.heartbeatMinInterval ?? Number(found.config.agent_heartbeat_min_interval ?? ironicMinimumS);
    this.heartbeater = new Heartbeater({
      api,
      nodeUuid: found.node.uuid,
      heartbeat: () => ({
        callbackUrl: callbackUrl(certificate ? 'https' : (parameters.advertiseProtocol ?? 'http'), host, port),
        agentVersion,
        agentToken: this.token ?? null,
        certificate: certificate?.certificatePem,
      }),
      timeoutMs: found.heartbeatTimeoutS * 1000,
      minimumMs: minimumS * 1000,
      retryMs: ironicMinimumS * 1000,
      journal: machine.journal,
    });
    this.heartbeater.start();
  }

  private async serve(certificate?: OwnCertificate): Promise<void> {
    const { parameters, config } = this;
    const ciphers = (config.tls_cipher_suites as string | null | undefined) ?? parameters.tlsCipherSuites;
    this.api = await startAgentApi({
      commands: this.commands,
      version: agentVersion,
      startedAt: this.startedAt,
      token: () => this.token ?? (config.agent_token_required === false ? null : undefined),
      host: parameters.listenHost,
      port: parameters.listenPort,
      ...(certificate && {
        tls: {
          cert: certificate.certificatePem,
          key: certificate.keyPem,
          minVersion: tlsVersions[String(config.tls_min_version)] ?? parameters.tlsMinVersion,
          ...(ciphers && { ciphers }),
        },
      }),
    });
    this.machine.journal.info(`serving commands on port ${this.api.port}`);
  }

  /** The command that asks for this wants its answer first. */
  private afterAnswer(end: () => Promise<void>): void {
    setTimeout(() => void end().catch(error => this.machine.journal.info(String(error))), 500);
  }

  private async lockDown(): Promise<void> {
    await this.stop();
    const { run, roots } = this.machine;
    for (const name of await listFolder(`${roots.sys}/class/net`)) {
      if (name !== 'lo') await tryRun(run, 'ip', ['link', 'set', name, 'down']);
    }
  }
}
