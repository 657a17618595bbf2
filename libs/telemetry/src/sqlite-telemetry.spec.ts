import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import type { TemporaryFolder } from '#testing';
import { temporaryFolder } from '#testing';
import { SqliteTelemetry } from './sqlite-telemetry.js';

describe('Telemetry', () => {
  let folder: TemporaryFolder;
  let path: string;
  let telemetry: SqliteTelemetry;
  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('telemetry.sqlite');
    telemetry = new SqliteTelemetry(path);
  });
  afterEach(() => {
    telemetry.close();
    folder.remove();
  });
  const restart = () => {
    telemetry.close();
    telemetry = new SqliteTelemetry(path);
  };

  it('knows when agents were heard last, and after a restart, too', () => {
    expect(telemetry.lastHeard('n1')).toBeUndefined();
    telemetry.heard('n1', 1_000);
    telemetry.heard('n1', 2_000);
    telemetry.heard('n2', 3_000);
    restart();
    expect([telemetry.lastHeard('n1'), telemetry.lastHeard('n2')]).toEqual([2_000, 3_000]);
    telemetry.forget('n1');
    telemetry.forget('never heard');
    restart();
    expect([telemetry.lastHeard('n1'), telemetry.lastHeard('n2')]).toEqual([undefined, 3_000]);
  });

  it('knows which conductors live, as long as it runs', () => {
    telemetry.conductorSeen('a', 1);
    telemetry.conductorSeen('b', 2);
    telemetry.conductorSeen('a', 3);
    telemetry.conductorGone('b');
    expect([...telemetry.conductors()]).toEqual([['a', 3]]);
    restart();
    expect([...telemetry.conductors()]).toEqual([]);
  });

  it('begins anew where its file is damaged: it is worth no stop', () => {
    telemetry.heard('n1', 1);
    telemetry.close();
    writeFileSync(path, 'garbage '.repeat(1_000));
    telemetry = new SqliteTelemetry(path);
    expect(telemetry.lastHeard('n1')).toBeUndefined();
    telemetry.heard('n1', 2);
    restart();
    expect(telemetry.lastHeard('n1')).toBe(2);
  });

  it('keeps what cannot be written until it can', () => {
    const fault = new Database(path);
    fault.exec(`CREATE TRIGGER fault BEFORE INSERT ON signs BEGIN SELECT RAISE(ABORT, 'fault'); END`);
    telemetry.heard('n1', 1);
    telemetry.flush();
    expect(telemetry.lastHeard('n1')).toBe(1);
    fault.exec('DROP TRIGGER fault');
    fault.close();
    telemetry.flush();
    restart();
    expect(telemetry.lastHeard('n1')).toBe(1);
  });

  it('may be closed twice', () => {
    telemetry.close();
    expect(() => telemetry.close()).not.toThrow();
  });
});
