import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inspectJournal, type JournalReport } from '#ingest/journal/inspect.ts';
import { Refusal, table, type Answer, type Command, type Stores } from './command.ts';

async function read({ dataDir }: Stores): Promise<JournalReport> {
  const dir = join(dataDir, 'journal');
  if (!existsSync(dir)) throw new Refusal('no_journal', `there is no ${dir}: nothing was ever sent to this DATA_DIR`);
  return inspectJournal(dir);
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

function told({ state, segments, newest, waiting, faults }: JournalReport): string {
  const lines = [
    table(
      ['segment', 'health', 'from', 'through', 'events', 'quarantined', 'size', 'tail'],
      segments.map((segment) => [
        segment.file,
        segment.health,
        String(segment.first ?? '–'),
        String(segment.through ?? '–'),
        String(segment.events),
        String(segment.quarantined),
        megabytes(segment.bytes),
        `${segment.tail_bytes} B`
      ])
    ),
    '',
    `on disk through    ${newest ?? '–'}`,
    `in every figure    ${state?.shipped ?? '–'} (${waiting} waiting)`,
    `safe on ClickHouse ${state?.synced ?? '–'}`
  ];
  if (state?.batch) lines.push(`batch under way    ${state.batch.from} to ${state.batch.through}`);
  if (state && state.freed.length > 0)
    lines.push(`refused by ClickHouse, in quarantine: ${state.freed.map(({ position }) => position).join(', ')}`);
  return [...lines, ...faults.map((fault) => `FAULT ${fault}`)].join('\n');
}

const answer = (report: JournalReport): Answer => ({ json: report, text: told(report) });

export const JOURNAL_COMMANDS: Readonly<Record<string, Command>> = {
  'journal inspect': {
    usage: 'journal inspect',
    does: 'what the journal holds and how far it is shipped; changes nothing, also while Pulso runs',
    options: {},
    begins: false,
    run: async (_asked, stores) => answer(await read(stores))
  },
  'journal verify': {
    usage: 'journal verify',
    does: 'reads every frame and its checksum; exit code 1 when something acknowledged cannot be read',
    options: {},
    begins: false,
    async run(_asked, stores) {
      const report = await read(stores);
      if (report.faults.length > 0) throw new Refusal('damaged', `${told(report)}\nThe journal is damaged.`);
      const rows = report.segments.reduce((sum, { events, quarantined }) => sum + events + quarantined, 0);
      return { json: report, text: `${told(report)}\nSound: ${rows} rows in ${report.segments.length} segments.` };
    }
  }
};
