import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { DecisionSettings } from '#domain';
import { defaultDecisionSettings } from '#domain';
import type { BootSettings } from './boot.js';
import { bootFaults, bootHttpUrlOf } from './boot.js';
import { clientVariables } from './client.js';
import { ConfigurationError } from './configuration-error.js';
import type { EngineSettings, Role } from './engines.js';
import { engineFaults, withoutPassword } from './engines.js';
import { exposureFault, proxyFaults } from './exposure.js';
import type { OptionSchema } from './options.js';
import { configurationSchema, flagOf, isSecret, optionNames, variableOf } from './options.js';
import type { WorkLogSettings } from './work-log.js';
import { workLogFaults } from './work-log.js';

/** What is in force. Read once at the start, frozen. */
export interface Configuration extends WorkLogSettings {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly roles: readonly Role[];
  readonly eventStore: string;
  readonly database: string;
  readonly workLogReplication: number;
  readonly workLogSessionSeconds: number;
  readonly workLogPrefix: string;
  readonly workLogMechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly publicEndpoint?: string;
  readonly trustProxy: readonly string[];
  readonly masterKey: string;
  readonly authStrategy: 'noauth' | 'http_basic';
  readonly htpasswd?: string;
  readonly allowAnonymousRemote: boolean;
  readonly logLevel: string;
  readonly logFormat: 'auto' | 'json' | 'text';
  readonly conductorHost: string;
  readonly conductorGroup: string;
  readonly hardwareTypes: readonly string[];
  readonly fakeMachines: string;
  readonly ipmiFakeDeploy: boolean;
  readonly workers: number;
  readonly syncPowerStateIntervalSeconds: number;
  readonly forcePowerStateDuringSync: boolean;
  readonly powerStateSyncMaxRetries: number;
  readonly syncPowerStateWorkers: number;
  readonly requireAgentTls: boolean;
  readonly agentApiUrl: string;
  readonly deployKernel?: string;
  readonly deployRamdisk?: string;
  readonly rescueKernel?: string;
  readonly rescueRamdisk?: string;
  readonly kernelAppendParams: string;
  readonly imageDownloadSource: 'http' | 'local';
  readonly bootServices: boolean;
  readonly bootAddress: string;
  readonly bootHttpPort: number;
  readonly bootHttpUrl: string;
  readonly bootTftp: boolean;
  readonly bootTftpPort: number;
  readonly bootDhcp: 'none' | 'dnsmasq';
  readonly bootDhcpInterface?: string;
  readonly bootDhcpRange?: string;
  readonly bootLoaderFolders: readonly string[];
  readonly bootCacheMebibytes: number;
  readonly fileUrlFolders: readonly string[];
  readonly forceRawImages: boolean;
  readonly powerOffAfterDeployFailure: boolean;
  readonly powerOffAfterInspection: boolean;
  readonly maxLimit: number;
  readonly webhookAllowPrivate: boolean;
  /** What decisions depend on, in their units. */
  readonly decisions: DecisionSettings;
}

export interface Setting {
  readonly name: string;
  readonly value: unknown;
  /** `default`, `file PATH`, `variable NAME` or `flag --NAME`. */
  readonly origin: string;
}

export interface Sources {
  /** By option name, as given on the command line. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** YAML file; `FERROLOG_CONFIG` where it is left out. */
  readonly file?: string;
}

/**
 * Reads the configuration: a flag wins over a variable, a variable over the file, the file over the default.
 *
 * @throws ConfigurationError naming every bad value
 */
export const readConfiguration = ({ flags = {}, environment = process.env, file }: Sources = {}): {
  configuration: Configuration;
  settings: readonly Setting[];
} => {
  const faults: string[] = [];
  const path = file ?? environment.FERROLOG_CONFIG;
  const fromFile = path === undefined ? {} : readFile(path, faults);
  for (const name of Object.keys(fromFile))
    if (!optionNames.includes(name)) faults.push(`${path}: there is no option ${name}`);
  const known = new Set(['FERROLOG_CONFIG', ...clientVariables, ...optionNames.map(variableOf)]);
  for (const variable of Object.keys(environment))
    if (variable.startsWith('FERROLOG_') && !known.has(variable)) faults.push(`${variable}: there is no such variable`);

  const settings = optionNames.map(name => setting(name, flags, environment, fromFile, path, faults));
  const values = Object.fromEntries(settings.map(({ name, value }) => [name, value ?? undefined]));
  const exposure = exposureFault(values);
  if (exposure !== undefined) faults.push(exposure);
  if (faults.length === 0)
    faults.push(
      ...proxyFaults(values.trustProxy as readonly string[]),
      ...engineFaults(values as unknown as EngineSettings),
      ...workLogFaults(values as unknown as WorkLogSettings),
      ...bootFaults(values as unknown as BootSettings),
    );
  if (faults.length > 0) throw new ConfigurationError(faults);
  return { configuration: Object.freeze(configurationOf(settings)), settings };
};

const readFile = (path: string, faults: string[]): Record<string, unknown> => {
  try {
    const content = (parse(readFileSync(path, 'utf8')) ?? {}) as unknown;
    if (typeof content === 'object' && !Array.isArray(content)) return content as Record<string, unknown>;
    faults.push(`${path}: must be a mapping of options to values`);
  } catch (error) {
    faults.push(`${path}: ${(error as Error).message.split('\n')[0]}`);
  }
  return {};
};

// The tests hold the schema against its metaschema: not every start has to.
const ajv = new Ajv2020({ strict: false, meta: false, validateSchema: false });

const setting = (
  name: string,
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
  fromFile: Record<string, unknown>,
  path: string | undefined,
  faults: string[],
): Setting => {
  const schema = configurationSchema.properties[name]!;
  const [given, origin] =
    flags[name] !== undefined
      ? [flags[name], `flag --${flagOf(name)}`]
      : environment[variableOf(name)] !== undefined
        ? [environment[variableOf(name)], `variable ${variableOf(name)}`]
        : fromFile[name] !== undefined
          ? [fromFile[name], `file ${path}`]
          : [undefined, 'default'];
  if (given === undefined) return { name, value: schema.default ?? null, origin };
  const value = typeof given === 'string' && !origin.startsWith('file') ? fromText(given, schema) : given;
  const validate = ajv.compile(schema);
  if (!validate(value))
    faults.push(
      `${origin}: ${name} ${ajv.errorsText(validate.errors, { dataVar: '' }).trim()}, it is ${isSecret(name) ? 'not shown' : withoutPassword(JSON.stringify(given))}`,
    );
  return { name, value, origin };
};

/** Flags and variables are texts; what does not fit its type is left as it is, for the schema to refuse. */
const fromText = (text: string, { type }: OptionSchema): unknown => {
  if (type === 'integer' || type === 'number')
    return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  if (type === 'array')
    return text
      .split(',')
      .map(item => item.trim())
      .filter(Boolean);
  if (type !== 'boolean') return text;
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  return /^(false|no|off|0)$/i.test(text) ? false : text;
};

/** Options that give steps of agents another priority. */
const prioritised = {
  eraseDevicesPriority: 'deploy.erase_devices',
  eraseDevicesMetadataPriority: 'deploy.erase_devices_metadata',
  createConfigurationPriority: 'raid.create_configuration',
  deleteConfigurationPriority: 'raid.delete_configuration',
};

const configurationOf = (settings: readonly Setting[]): Configuration => {
  const value = Object.fromEntries(settings.map(({ name, value }) => [name, value ?? undefined])) as Record<
    string,
    never
  >;
  const data = resolve(value.data as string);
  const ms = (name: string) => (value[name] as number) * 1000;
  return {
    ...(value as unknown as Configuration),
    data,
    masterKey: resolve((value.masterKey as string | undefined) ?? join(data, 'master.key')),
    fakeMachines: resolve((value.fakeMachines as string | undefined) ?? join(data, 'fake-hardware.log')),
    agentApiUrl:
      (value.agentApiUrl as string | undefined) ??
      (value.publicEndpoint as string | undefined) ??
      `http://${value.host}:${value.port}`,
    bootHttpUrl: bootHttpUrlOf(value as unknown as BootSettings),
    conductorHost: (value.conductorHost as string | undefined) ?? hostname(),
    decisions: {
      ...defaultDecisionSettings,
      automatedClean: value.automatedClean,
      allowDeletingAvailableNodes: value.allowDeletingAvailableNodes,
      allowProvisioningInMaintenance: value.allowProvisioningInMaintenance,
      defaultConductorGroup: value.defaultConductorGroup,
      defaultResourceClass: value.defaultResourceClass ?? null,
      maxConcurrentDeploy: value.maxConcurrentDeploy,
      maxConcurrentClean: value.maxConcurrentClean,
      deployCallbackTimeoutMs: ms('deployCallbackTimeoutSeconds'),
      cleanCallbackTimeoutMs: ms('cleanCallbackTimeoutSeconds'),
      inspectWaitTimeoutMs: ms('inspectWaitTimeoutSeconds'),
      rescueCallbackTimeoutMs: ms('rescueCallbackTimeoutSeconds'),
      serviceCallbackTimeoutMs: ms('serviceCallbackTimeoutSeconds'),
      powerStateChangeTimeoutMs: ms('powerStateChangeTimeoutSeconds'),
      softPowerOffTimeoutMs: ms('softPowerOffTimeoutSeconds'),
      actionDeadlineMs: ms('actionDeadlineSeconds'),
      fastTrack: value.fastTrack,
      inspectionAddPorts: value.inspectionAddPorts,
      agentStepPriorities: Object.fromEntries(
        Object.entries(prioritised).flatMap(([name, step]) => (value[name] === undefined ? [] : [[step, value[name]]])),
      ),
    },
  };
};
