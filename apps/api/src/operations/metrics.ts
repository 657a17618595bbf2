import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { provisionStates } from '#domain';
import type { ApiPorts } from '../ports.js';
import { registeredKinds, sharesOf } from './work.js';

/** Injection token of {@link Metrics}. */
export const METRICS = Symbol('Metrics');

export interface Metrics {
  /** Prometheus' text format. */
  text(): Promise<string>;
  observe(request: FastifyRequest, reply: FastifyReply): void;
}

export const createMetrics = (
  ports: Pick<ApiPorts, 'store' | 'readModel' | 'telemetry' | 'work' | 'storeCounters'>,
): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'ferrolog_' });
  const requests = new Counter({
    name: 'ferrolog_http_requests_total',
    help: 'Requests by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'ferrolog_http_request_seconds',
    help: 'Time from a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  new Gauge({
    name: 'ferrolog_nodes',
    help: 'Nodes by provision state.',
    labelNames: ['provision_state'],
    registers: [registry],
    async collect() {
      const counts = await ports.readModel().nodes.countByState();
      for (const state of provisionStates) this.set({ provision_state: state }, counts.get(state) ?? 0);
    },
  });
  new Gauge({
    name: 'ferrolog_store_head',
    help: 'Position of the newest event.',
    registers: [registry],
    async collect() {
      this.set(await ports.store.head());
    },
  });
  new Gauge({
    name: 'ferrolog_read_model_lag_events',
    help: 'Positions that the read model is behind the store.',
    registers: [registry],
    async collect() {
      this.set((await ports.store.head()) - ports.readModel().position);
    },
  });
  const partitions = new Gauge({
    name: 'ferrolog_work_partitions',
    help: 'Partitions of the work by the conductor that owns them; those that nobody owns have no host.',
    labelNames: ['conductor_group', 'hardware_type', 'host'],
    registers: [registry],
  });
  new Gauge({
    name: 'ferrolog_work_lag',
    help: 'Wake-ups that no conductor has finished. The same in every process: the largest counts, not the sum.',
    labelNames: ['conductor_group', 'hardware_type'],
    registers: [registry],
    async collect() {
      this.reset();
      partitions.reset();
      for (const { waiting, owners, unowned, ...share } of await sharesOf(await registeredKinds(ports), ports.work)) {
        const labels = { conductor_group: share.conductor_group, hardware_type: share.hardware_type };
        if (waiting !== null) this.set(labels, waiting);
        partitions.set({ ...labels, host: '' }, unowned);
        for (const [host, count] of Object.entries(owners)) partitions.set({ ...labels, host }, count);
      }
    },
  });
  const { storeCounters } = ports;
  if (storeCounters)
    new Gauge({
      name: 'ferrolog_store_calls',
      help: 'What the adapter of the event store counted since it was opened.',
      labelNames: ['what'],
      registers: [registry],
      collect() {
        for (const [what, count] of Object.entries(storeCounters())) this.set({ what }, count);
      },
    });
  return {
    text: () => registry.metrics(),
    observe(request, reply) {
      const route = request.routeOptions.url ?? 'unknown';
      requests.inc({ method: request.method, route, status: reply.statusCode });
      seconds.observe({ method: request.method, route }, reply.elapsedTime / 1000);
    },
  };
};
