import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteReadModel } from '#read-model';
import { House } from '#testing';
import type { ApiPorts } from '../../ports.js';
import { findNode } from './node-ident.js';
import { rowAfter } from './row-of-fold.js';

const uuid = 'aaaaaaaa-0000-4000-8000-000000000000';

describe('A node whose row is not written in time', () => {
  let house: House;
  let model: SqliteReadModel;
  let isBehind: boolean;
  let ports: ApiPorts;
  beforeEach(async () => {
    house = new House();
    isBehind = true;
    // Nobody tells it of what is written.
    model = await SqliteReadModel.open(house.folder.file('late.sqlite'), {
      streamBefore: (stream, revision) => house.events.streamOf(stream, 0, revision),
      readBlob: hash => house.events.blob(hash),
    });
    const { nodes, events: blobs } = house;
    ports = { nodes, blobs, readModel: () => model, isBehind: () => isBehind } as Partial<ApiPorts> as ApiPorts;
  });
  afterEach(async () => {
    await model.close();
    await house.close();
  });
  const project = () => model.apply(house.events.pageOf(0, 1_000).events);
  const big = { text: 'x'.repeat(3_000) };

  it('is answered to who changed it, with the very text that its row will have', async () => {
    const { state } = await house.enrol(uuid, { name: 'one', extra: { big } });
    const row = await rowAfter(ports, state);
    expect(model.nodes.byUuid(uuid)).toBeUndefined();
    project();
    expect(row).toMatchObject(model.nodes.byUuid(uuid)!);
    const changed = await house.send(uuid, 'SetMaintenance', { reason: 'a bad DIMM' });
    expect((await rowAfter(ports, changed.state)).text).toContain('a bad DIMM');
    project();
    expect(await rowAfter(ports, state)).toEqual(model.nodes.byUuid(uuid));
  });

  it('is read from its stream by uuid, and by the name that it still has', async () => {
    await house.enrol(uuid, { name: 'one' });
    await expect(findNode(ports, 'one', 100)).rejects.toMatchObject({ details: { code: 'node.missing' } });
    project();
    await house.send(uuid, 'SetMaintenance', { reason: 'a bad DIMM' });
    for (const ident of [uuid, uuid.toUpperCase(), 'one']) expect((await findNode(ports, ident, 100)).revision).toBe(1);
    isBehind = false;
    expect((await findNode(ports, uuid, 100)).revision).toBe(0);
    isBehind = true;
    await house.send(uuid, 'PatchNode', { patch: [{ op: 'add', path: '/name', value: 'two' }] });
    await expect(findNode(ports, 'one', 100)).rejects.toMatchObject({ details: { code: 'node.missing' } });
    await house.send(uuid, 'SetMaintenance', { reason: null });
    await house.send(uuid, 'DeleteNode', {});
    await expect(findNode(ports, uuid, 100)).rejects.toMatchObject({ details: { code: 'node.missing' } });
  });
});
