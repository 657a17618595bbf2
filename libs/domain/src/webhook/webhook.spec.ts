import { describe, expect, it } from '@jest/globals';
import { anEvent, plain } from '#testing';
import type { RecordedEvent } from '../ports/event-store.js';
import type { Problem } from '../problem.js';
import type { Webhook, WebhookCommand } from './webhook.js';
import { eventFilterOf, webhookAggregate } from './webhook.js';

const uuid = 'eeeeeeee-0000-4000-8000-000000000000';
const everything = { node: [], type: [], stream: [] };
const settings = { url: 'https://receiver.example/', filter: everything, secret: { $sealed: 'k.s' }, enabled: true };
const create: WebhookCommand = { type: 'CreateWebhook', ...settings, from: 7 };

const send = (webhook: Webhook, command: WebhookCommand): Webhook =>
  webhookAggregate.decide(command, webhook, {}).reduce<Webhook>((state, { type, data }) => {
    const place = { stream: `webhook-${uuid}`, revision: state.revision + 1, position: 0, recorded: 'now' };
    const event: RecordedEvent = { ...anEvent(`e${place.revision}`, { type, data }), ...place };
    return webhookAggregate.evolve(state, plain(event));
  }, webhook);
const after = (...commands: WebhookCommand[]): Webhook => commands.reduce(send, webhookAggregate.initial(uuid));
const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return (error as Problem).code;
  }
  return undefined;
};

describe('A webhook', () => {
  const letter = { position: 9, after: 8, event: 'e', type: 'T', stream: 's', attempts: 1, since: '', reason: 'no' };

  it('begins where it is told to, and where a replay says', () => {
    expect(after(create)).toMatchObject({ ...settings, present: true, from: 7, fromRevision: 0, settingsRevision: 0 });
    const replayed = after(create, { type: 'ReplayToWebhook', from: 3 });
    expect(replayed).toMatchObject({ from: 3, fromRevision: 1, settingsRevision: 1 });
  });

  it('keeps its place when it is set otherwise, and records what differs alone', () => {
    const url = 'https://other.example/';
    const change: WebhookCommand = { type: 'ChangeWebhook', changes: { url, enabled: true } };
    expect(webhookAggregate.decide(change, after(create), {})).toEqual([
      { type: 'WebhookChanged', data: { changes: { url } } },
    ]);
    expect(after(create, change)).toMatchObject({ url, fromRevision: 0, settingsRevision: 1 });
    expect(webhookAggregate.decide(change, after(create, change), {})).toEqual([]);
  });

  it('is off after it was given up on, until a client says otherwise', () => {
    const giveUp: WebhookCommand = { type: 'GiveUpOnWebhook', settingsRevision: 0, reason: 'gone' };
    expect(after(create, giveUp)).toMatchObject({ enabled: false, disabledBecause: 'gone' });
    const on: WebhookCommand = { type: 'ChangeWebhook', changes: { enabled: true } };
    expect(after(create, giveUp, on)).toMatchObject({ enabled: true, disabledBecause: null });
  });

  it('hears no report about what it is not any more', () => {
    const fromRevision = 0;
    const lost = after(create, { type: 'ReplayToWebhook', from: 3 });
    const off = after(create, { type: 'ChangeWebhook', changes: { enabled: false } });
    const gone = after(create, { type: 'DeleteWebhook' });
    for (const webhook of [lost, off, gone]) {
      expect(webhookAggregate.decide({ type: 'GiveUpOnEvent', fromRevision, letter }, webhook, {})).toEqual([]);
      const giveUp: WebhookCommand = { type: 'GiveUpOnWebhook', settingsRevision: 0, reason: 'gone' };
      expect(webhookAggregate.decide(giveUp, webhook, {})).toEqual([]);
    }
    const heard = after(create, { type: 'GiveUpOnEvent', fromRevision, letter });
    expect(heard).toMatchObject({ revision: 1, settingsRevision: 0, fromRevision: 0 });
  });

  it('ends with its key', () => {
    const gone = after(create);
    expect(webhookAggregate.decide({ type: 'DeleteWebhook' }, gone, {})).toEqual([
      { type: 'WebhookDeleted', data: { erases: [`webhook/${uuid}`] } },
    ]);
    expect(codeOf(() => after({ type: 'DeleteWebhook' }))).toBe('webhook.missing');
    expect(codeOf(() => after(create, create))).toBe('webhook.exists');
  });

  it.each([
    ['https://receiver.example/hook?x=1', undefined],
    ['https://10.0.0.1:8443/', undefined],
    ['http://127.0.0.1:9/', undefined],
    ['http://localhost/', undefined],
    ['http://[::1]/', undefined],
    ['http://receiver.example/', 'webhook.url-refused'],
    ['http://127.0.0.1.example/', 'webhook.url-refused'],
    ['http://10.0.0.1/', 'webhook.url-refused'],
    ['https://user:canary@receiver.example/', 'webhook.url-refused'],
    ['https://receiver.example/#a', 'webhook.url-refused'],
    ['ftp://receiver.example/', 'webhook.url-refused'],
    ['file:///etc/passwd', 'webhook.url-refused'],
    ['receiver', 'webhook.url-refused'],
  ])('is delivered to %s: %s', (url, code) => {
    expect(codeOf(() => after({ ...create, url } as WebhookCommand))).toBe(code);
    expect(codeOf(() => after(create, { type: 'ChangeWebhook', changes: { url } }))).toBe(code);
  });

  it('does not repeat a password that an address had in it', () => {
    expect(() => after({ ...create, url: 'https://user:canary@receiver.example/' } as WebhookCommand)).toThrow(
      /^(?!.*canary)/,
    );
  });

  it('asks the store for what its filter says, and for resources where it says nothing', () => {
    expect(eventFilterOf({ node: ['n'], type: ['T'], stream: ['chassis-'] })).toEqual({
      streams: ['node-n', 'chassis-'],
      types: ['T'],
    });
    expect(eventFilterOf(everything).streams).toContain('node-');
    expect(eventFilterOf(everything).streams).not.toContain('webhook-');
  });
});
