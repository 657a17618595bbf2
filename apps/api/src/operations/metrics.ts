import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { provisionStates } from '#domain';
import type { ApiPorts } from '../ports.js';

/** Injection token of {@link Metrics}. */
export const METRICS = Symbol('Metrics');

export interface Metrics {
  /** Prometheus' text format. */
  text(): Promise<string>;
  observe(request: FastifyRequest, reply: FastifyReply): void;
}

export const createMetrics = (ports: Pick<ApiPorts, 'store' | 'readModel' | 'telemetry'>): Metrics => {
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
  return {
    text: () => registry.metrics(),
    observe(request, reply) {
      const route = request.routeOptions.url ?? 'unknown';
      requests.inc({ method: request.method, route, status: reply.statusCode });
      seconds.observe({ method: request.method, route }, reply.elapsedTime / 1000);
    },
  };
};
