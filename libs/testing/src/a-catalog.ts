import type { DriverCatalog, DriverManifest, ImplementationManifest, InterfaceType, StepManifest } from '#domain';
import { interfaceTypes } from '#domain';

const implementation = (name: string, rest: Partial<ImplementationManifest> = {}): ImplementationManifest => ({
  name,
  enabled: true,
  properties: {},
  steps: {},
  supports: {},
  passthru: {},
  ...rest,
});

const step = (name: string, rest: Partial<StepManifest> = {}): StepManifest => ({
  step: name,
  priority: 0,
  effect: 'idempotent',
  ...rest,
});

/** A driver with a step of every kind: some that may be aborted, some that destroy. */
export const testDriver: DriverManifest = {
  hardwareType: 'test-hardware',
  publicKeys: ['address', 'username'],
  interfaces: {
    ...(Object.fromEntries(
      interfaceTypes.map(type => [type, [implementation('test'), implementation(`no-${type}`, { missing: true })]]),
    ) as unknown as DriverManifest['interfaces']),
    power: [
      implementation('test', {
        steps: { core: [step('get_power_state')], verify: [step('check_clock', { priority: 5 })] },
        supports: { targets: ['power on', 'power off', 'rebooting', 'soft rebooting', 'soft power off'] },
      }),
    ],
    management: [
      implementation('test', {
        supports: {
          'boot devices': ['pxe', 'disk'],
          'boot modes': ['uefi', 'bios'],
          'secure boot': ['true', 'false'],
          nmi: ['inject'],
          indicators: ['led@system'],
          'virtual media': ['cdrom'],
        },
      }),
    ],
    inspect: [
      implementation('test', { steps: { core: [step('inspect_hardware')] } }),
      implementation('no-inspect', { missing: true }),
    ],
    rescue: [
      implementation('test', { steps: { core: [step('rescue'), step('unrescue')] } }),
      implementation('no-rescue', { missing: true }),
    ],
    deploy: [
      implementation('test', {
        steps: {
          core: [step('tear_down'), step('take_over')],
          deploy: [
            step('deploy', { priority: 100, abortable: true }),
            step('write_image', { priority: 80, effect: 'once' }),
          ],
          clean: [
            step('erase_devices', { effect: 'once', priority: 10 }),
            step('check', { abortable: true, args: { depth: { description: 'How deep.', required: true } } }),
          ],
          service: [step('check', { abortable: true }), step('burn_in')],
        },
      }),
    ],
    network: [implementation('flat'), implementation('noop')],
    vendor: [
      implementation('test', {
        passthru: {
          ping: {
            methods: ['POST'],
            async: false,
            description: 'Answers.',
            attach: false,
            exclusive: true,
            effect: 'idempotent',
          },
        },
      }),
    ],
  },
};

/** Of a driver whose conductors are not there. */
export const AWAY_DRIVER = 'away';

/** A fleet with one driver, whose machines are all in order unless the test says otherwise. */
export const aCatalog = (refusals: Partial<Record<InterfaceType, string>> = {}): DriverCatalog => ({
  driver: name => (name === testDriver.hardwareType ? testDriver : undefined),
  isAway: name => name === AWAY_DRIVER,
  refusal: (_node, type) => refusals[type],
});
