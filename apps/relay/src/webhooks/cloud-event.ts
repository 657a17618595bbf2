import type { RecordedEvent, StoreIdentity } from '#domain';
import { publicEvent } from '../public-event.js';

export const CLOUD_EVENT = 'application/cloudevents+json; charset=utf-8';

/** The public form of an event as one text: CloudEvents 1.0, JSON format, structured mode. */
export const cloudEvent = (event: RecordedEvent, identity: StoreIdentity): string => {
  const { id, source, type, subject, time, extensions, data } = publicEvent(event, identity);
  const attributes = { specversion: '1.0', id, source, type, subject, time, ...extensions };
  return JSON.stringify({ ...attributes, datacontenttype: 'application/json', data });
};
