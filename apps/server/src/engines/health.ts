import { connect } from 'node:net';

const EVERY_MS = 2_000;
const DEADLINE_MS = 5_000;

export interface Watched {
  /** Asks the event store something small, and the database. */
  store(): Promise<unknown>;
  database(): Promise<unknown>;
  readonly brokers: readonly string[];
}

/** Looks again and again whether what a process stands on can be reached. Answers what cannot, at the last look. */
export const watchEngines = ({ store, database, brokers }: Watched) => {
  let missing: readonly string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const look = async () => {
    const [storeAnswers, databaseAnswers, brokerAnswers] = await Promise.all([
      inTime(store()),
      inTime(database()),
      brokers.length === 0 || Promise.any(brokers.map(answers)).catch(() => false),
    ]);
    missing = [
      ...(storeAnswers ? [] : ['the event store cannot be reached: commands are refused until it can']),
      ...(databaseAnswers ? [] : ['PostgreSQL cannot be reached: nothing can be read until it can']),
      ...(brokerAnswers ? [] : [`no Kafka broker of ${brokers.join(', ')} can be reached: work waits until one can`]),
    ];
    if (!isOver) timer = setTimeout(() => void look(), EVERY_MS).unref();
  };
  void look();
  return {
    missing: () => missing,
    stop: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
};

const inTime = async (call: Promise<unknown>): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), DEADLINE_MS);
  call.then(
    () => resolve(true),
    () => resolve(false),
  );
  const isThere = await promise;
  clearTimeout(timer);
  return isThere;
};

/** @throws when nobody listens there in time */
const answers = async (broker: string): Promise<boolean> => {
  const at = broker.lastIndexOf(':');
  const socket = connect({ host: broker.slice(0, at), port: Number(broker.slice(at + 1)), timeout: DEADLINE_MS });
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.once('connect', () => resolve(true));
      socket.once('timeout', () => reject(new Error('no answer')));
      socket.once('error', reject);
    });
  } finally {
    socket.destroy();
  }
};
