/** Where the faults happen: one ClickHouse, one connection to it, one ingest process, on a disk that can be filled. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { createReader } from '#sql/gateway.server.ts';
import type { ClickHouseAddress, Reader } from '#sql/interface.server.ts';
import { superviseEmbedded, type SupervisedClickHouse } from '#sql/embedded/supervise.server.ts';
import { migrate } from '#sql/migrate.server.ts';
import { eventually } from '../../support/eventually.ts';
import { launchIngest, startCable, type Cable, type LaunchedIngest } from '../../support/ingest.ts';

const DISK_MB = 2_048;
/** small, so that segments come and go within a run */
const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;
const READY_MAX_MS = 60_000;
const ASKED_MAX_MS = 2_000;
const SAMPLE_EVERY_MS = 100;
const SAID_CHARACTERS = 4_000;
const HEARD_LINES = 20;
/** kills are what the run is about: it must never give up restarting */
const LIMIT = { restartsMax: 10_000, windowMs: 500 };
const CLOCK = join(import.meta.dirname, '../../support/processes/skewed-clock.ts');

/** A file system of our own where we may mount one. */
export class Disk {
  readonly dir: string;
  readonly isOwn: boolean;
  constructor(folder: string) {
    this.dir = join(folder, 'disk');
    mkdirSync(this.dir);
    this.isOwn = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', this.dir]).status === 0;
  }
  /** Leaves no free block: nothing is written, the disk only gets as small as what is on it. */
  fill(): void {
    const { blocks, bfree, bsize } = statfsSync(this.dir);
    this.#resize(`${(blocks - bfree) * bsize}`);
  }
  free(): void {
    this.#resize(`${DISK_MB}m`);
  }
  #resize(size: string): void {
    if (this.isOwn) spawnSync('mount', ['-o', `remount,size=${size}`, this.dir]);
  }
  remove(): void {
    if (this.isOwn) spawnSync('umount', ['-l', this.dir]);
  }
}

const Said = z.object({ level: z.int(), msg: z.string(), err: z.object({ message: z.string() }).optional() });

/** The ingest service as its supervisor keeps it: whatever ends it, it is started again. */
export class Service {
  readonly url: string;
  readonly port: number;
  readonly #dataDir: string;
  readonly #clickhouse: ClickHouseAddress;
  readonly #clockFile: string;
  readonly #watch: NodeJS.Timeout;
  #launched: LaunchedIngest;
  #isHeld = false;
  #fileKib: number | undefined;
  #frozenAt = 0;
  starts = 0;
  /** of this process and those before it, by whomever: what was under way then has no answer */
  ends = 0;
  frozenMs = 0;
  peakBytes = 0;
  /** ends that nobody caused, with their last words */
  readonly fell: string[] = [];

  constructor(at: { dataDir: string; folder: string; clickhouse: ClickHouseAddress; port: number }) {
    this.#dataDir = at.dataDir;
    this.#clickhouse = at.clickhouse;
    // beside the disk that is filled
    this.#clockFile = join(at.folder, 'clock');
    this.port = at.port;
    this.url = `http://127.0.0.1:${at.port}`;
    this.setClock(0);
    this.#launched = this.#launch();
    this.#watch = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  get pid(): number {
    return this.#launched.child.pid ?? 0;
  }
  /** its newest lines */
  get said(): string {
    return this.#launched.said().slice(-SAID_CHARACTERS);
  }
  get journalDir(): string {
    return join(this.#dataDir, 'journal');
  }
  get isReady(): boolean {
    const { child, port } = this.#launched;
    return port() !== null && child.exitCode === null && child.signalCode === null;
  }
  /** its clock less the right one, ms */
  setClock(offsetMs: number): void {
    writeFileSync(this.#clockFile, String(offsetMs));
  }
  freeze(): void {
    this.#launched.child.kill('SIGSTOP');
    this.#frozenAt = performance.now();
  }
  thaw(): void {
    this.#launched.child.kill('SIGCONT');
    this.frozenMs += performance.now() - this.#frozenAt;
  }

  /** events acknowledged that no figure shows yet; 0 also when it cannot be asked */
  async unshipped(): Promise<number> {
    try {
      const answer = await fetch(`${this.url}/metrics`, { signal: AbortSignal.timeout(ASKED_MAX_MS) });
      const text = await answer.text();
      const read = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      return read('pulso_ingest_acknowledged_position') - read('pulso_ingest_visible_position');
    } catch {
      return 0;
    }
  }

  /** SIGKILL in this turn of the event loop. @returns when it is gone; it stays away until {@link start} */
  async kill(): Promise<void> {
    this.#isHeld = true;
    this.ends++;
    this.#launched.child.kill('SIGKILL');
    await this.#launched.exited;
  }

  /** @param fileKib as large as a file may get */
  start(fileKib?: number): void {
    this.#fileKib = fileKib;
    this.#isHeld = false;
    this.#launched = this.#launch();
  }

  async ready(): Promise<void> {
    await eventually('an ingest service that takes events', READY_MAX_MS, () => this.isReady);
  }

  async end(): Promise<void> {
    clearInterval(this.#watch);
    await this.kill();
  }

  #launch(): LaunchedIngest {
    this.starts++;
    const launched = launchIngest(this.#dataDir, this.#clickhouse, {
      port: this.port,
      nodeArgs: ['--import', CLOCK],
      env: { CLOCK_FILE: this.#clockFile, JOURNAL_BYTES_MAX: String(JOURNAL_BYTES_MAX), LOG_LEVEL: 'info' },
      ...(this.#fileKib === undefined ? {} : { fileKib: this.#fileKib })
    });
    launched.child.once('exit', () => {
      if (this.#isHeld || launched !== this.#launched) return;
      this.ends++;
      this.fell.push(lastWords(launched));
      setTimeout(() => {
        if (!this.#isHeld && launched === this.#launched) this.#launched = this.#launch();
      }, 200);
    });
    return launched;
  }

  #sample(): void {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      this.peakBytes = Math.max(this.peakBytes, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // between an end and a start there is none
    }
  }
}

function lastWords({ child, said }: LaunchedIngest): string {
  const lines = said().split('\n');
  const spoken = lines
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => Said.parse(JSON.parse(line)));
  const { msg = '', err } = spoken.findLast(({ level }) => level >= 50) ?? spoken.at(-1) ?? {};
  return `code ${child.exitCode}, signal ${child.signalCode}: ${msg} ${err?.message ?? ''}`;
}

export interface Place {
  readonly disk: Disk;
  readonly clickhouse: SupervisedClickHouse;
  readonly cable: Cable;
  readonly service: Service;
  readonly reader: Reader;
  /** what ClickHouse's supervisor and the service said last */
  lastWords(): string;
  close(): Promise<void>;
}

export async function openPlace(port: number): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'pulso-faults-'));
  const disk = new Disk(folder);
  const heard: string[] = [];
  const hear = (fields: object, message: string): void => void heard.push(`${message} ${JSON.stringify(fields)}`);
  const log = { info: hear, warn: hear, error: hear };
  const clickhouse = await superviseEmbedded({ dataDir: disk.dir, log, limit: LIMIT });
  const migrated = await migrate(clickhouse.address, { now: Date.now() });
  if (!migrated.ok) throw new Error(migrated.failure.message);
  const cable = await startCable(clickhouse.address);
  const service = new Service({ dataDir: disk.dir, folder, clickhouse: cable.address, port });
  const reader = createReader(clickhouse.address);
  return {
    disk,
    clickhouse,
    cable,
    service,
    reader,
    lastWords: () => [...heard.slice(-HEARD_LINES), service.said].join('\n'),
    async close() {
      await service.end();
      await reader.close();
      await cable.close();
      await clickhouse.stop();
      disk.remove();
      await rm(folder, { recursive: true, force: true });
    }
  };
}
