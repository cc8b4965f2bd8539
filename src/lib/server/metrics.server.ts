/** What the dashboard tells Prometheus. */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Reader } from '#sql/interface.server.ts';

export interface Metrics {
  readonly registry: Registry;
  /** the same reader, each question timed by its name and outcome */
  timed(reader: Reader): Reader;
  /** @param count asked at each scrape */
  watchSockets(count: () => number): void;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: 'pulso_query_seconds',
    help: 'Time from asking ClickHouse a named question to its parsed answer',
    labelNames: ['name', 'outcome'],
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
    registers: [registry]
  });
  return {
    registry,
    timed: (reader) => ({
      async read(query, params) {
        const end = seconds.startTimer({ name: query.name });
        const answer = await reader.read(query, params);
        end({ outcome: answer.ok ? 'ok' : answer.failure.kind });
        return answer;
      },
      ping: () => reader.ping(),
      close: () => reader.close()
    }),
    watchSockets(count) {
      new Gauge({
        name: 'pulso_live_sockets',
        help: 'Open sockets in the namespace /live',
        registers: [registry],
        collect() {
          this.set(count());
        }
      });
    }
  };
}
