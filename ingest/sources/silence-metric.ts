import { Gauge, type Registry } from 'prom-client';
import type { Sources } from './sources.ts';

/** Read at each scrape; sources that warn of nothing are never silent. */
export function registerSilence(registry: Registry, sources: Pick<Sources, 'list'>): void {
  new Gauge({
    name: 'pulso_ingest_webhook_source_silent',
    help: '1 while a source has been without a delivery for longer than its alarm allows',
    labelNames: ['source', 'platform'],
    registers: [registry],
    collect() {
      this.reset();
      try {
        for (const { source, platform, silent_since } of sources.list())
          this.set({ source, platform }, silent_since === null ? 0 : 1);
      } catch {
        // the file cannot be read at this moment: not known, and the other metrics are told all the same
        this.reset();
      }
    }
  });
}
