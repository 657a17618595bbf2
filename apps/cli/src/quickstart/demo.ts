import type { Explanation } from '#apps/api';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { renderWhy } from '../render/why.js';
import type { Client } from '../server/client.js';
import type { Machine } from './fleet.js';
import { describeMachine, enrol, makeFleet, renderFleet, SHOWN } from './fleet.js';
import type { Seen } from './fleet-watch.js';
import { FleetWatch } from './fleet-watch.js';
import type { Act } from './life.js';
import { failingAct, life, preparation } from './life.js';
import { LiveLines } from './live-lines.js';

/** What is worth looking at again afterwards. */
export interface Memorable {
  /** An instant at which the shown machine was in rescue. */
  readonly inRescue: string;
}

/** Ten machines, one of which lives its whole life and another fails, before the user's eyes. */
export const showDemo = async (client: Client, io: Io): Promise<Memorable> => {
  const lines = new LiveLines(io.paint);
  const shown = new Map<string, string>();
  let inRescue = '';
  const watch = new FleetWatch(client, event => {
    const name = shown.get(event.stream);
    if (name) io.out(lines.lineOf(event, name));
    if (name === SHOWN && event.data.provisionState === 'rescue') inRescue = event.recorded;
  });
  const heading = (text: string) => io.out(`\n${io.paint.bold(text)}`);
  const [first, ...others] = makeFleet() as [Machine, ...Machine[]];
  const failing = others[0]!;
  try {
    heading('Nine simulated machines are enrolled');
    for (const machine of others) {
      await enrol(machine, client);
      io.out(describeMachine(machine));
    }
    const ready = Promise.all(others.map(machine => perform(preparation, machine, { client, watch })));
    // Whoever fails of them is told of below; until then it is nobody's.
    ready.catch(() => undefined);

    heading(`${first.name} is the tenth, and lives its whole life; the others are made available meanwhile`);
    shown.set(`node-${first.uuid}`, first.name);
    heading(`enrol: ${describeMachine(first)}`);
    await enrol(first, client);
    // Two events: that of the node and that of its port.
    await watch.until(first.uuid, ({ revision }) => revision >= 1);
    await perform(life, first, { client, watch }, ({ title }) => heading(title));
    await ready;

    heading(`${failing.name} is deployed, and fails: it was told to (fake_deploy_fail in its driver_info)`);
    shown.set(`node-${failing.uuid}`, failing.name);
    await perform([failingAct], failing, { client, watch });

    heading(`Why? This is what "ferrolog why ${failing.name}" says`);
    io.out(renderWhy(await client.get<Explanation>(`/ferrolog/v1/nodes/${failing.name}/why`), io.paint));
    heading('The fleet');
    io.out(await renderFleet(client, io));
    return { inRescue };
  } finally {
    watch.stop();
  }
};

interface Stage {
  readonly client: Client;
  readonly watch: FleetWatch;
}

/** One act after the other, each until it has come to its end. */
const perform = async (
  acts: readonly Act[],
  { name, uuid }: Machine,
  { client, watch }: Stage,
  announce?: (act: Act) => void,
): Promise<void> => {
  for (const act of acts) {
    announce?.(act);
    const before = watch.of(uuid).changes;
    for (const [method, path, body] of act.requests) await client.send(method, `/v1/nodes/${name}${path}`, body);
    const isOver = (seen: Seen) => seen.changes > before && (act.isDone(seen) || isFailure(seen));
    const seen = await watch.until(uuid, isOver);
    if (!act.isDone(seen)) throw new Failure(`${name} came to "${seen.state}": ferrolog why ${name} says the reason.`);
  }
};

const isFailure = ({ state }: Seen): boolean => /failed$|^error$/.test(state);
