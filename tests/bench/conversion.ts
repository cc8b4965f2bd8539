/**
 * How fast a file becomes events, JSON included, nothing sent.
 * usage: node tests/bench/conversion.ts PRESET PATH [runs]
 * The first run warms up and is not counted; the last line is one JSON object.
 */
import { argv, stdout } from 'node:process';
import { eventText } from '#ingest/importer/batches.ts';
import { createImportClock } from '#ingest/importer/import-clock.ts';
import type { Input } from '#ingest/importer/input.ts';
import { isPresetName, PRESETS, type PresetName } from '#ingest/importer/presets.ts';
import { createSkipLog } from '#ingest/importer/skips.ts';
import { openInputs } from '#ingest/importer/sources.ts';
import { zonedDay } from '#lib/domain/zone.ts';

interface Run {
  readonly rows: number;
  readonly events: number;
  readonly bytes: number;
  readonly seconds: number;
}

async function once(preset: PresetName, inputs: readonly Input[]): Promise<Run> {
  const { convert, timezone } = PRESETS[preset];
  const conversion = { skips: createSkipLog(10), now: Date.now(), told: {}, note: () => undefined };
  const clock = createImportClock(zonedDay(timezone ?? 'America/Sao_Paulo'), 0);
  let rows = 0;
  let events = 0;
  let bytes = 0;
  const started = performance.now();
  const chunks = convert(inputs, { ...conversion, clock, countRows: (n) => void (rows += n) });
  for await (const chunk of chunks)
    for (const event of chunk.events) {
      bytes += eventText(event, 'bench').length;
      events++;
    }
  return { rows, events, bytes, seconds: (performance.now() - started) / 1000 };
}

async function main(): Promise<void> {
  const [, , name = '', path, runs = '3'] = argv;
  if (!isPresetName(name) || path === undefined)
    throw new Error('usage: node tests/bench/conversion.ts PRESET PATH [runs]');
  const inputs = await openInputs(path, PRESETS[name].files);
  await once(name, inputs);
  const timed: Run[] = [];
  for (let run = 0; run < Number(runs); run++) timed.push(await once(name, inputs));
  timed.sort((a, b) => a.seconds - b.seconds);
  const median = timed[Math.floor(timed.length / 2)];
  if (median === undefined) throw new Error('at least one run is needed');
  const { rows, events, bytes, seconds } = median;
  const result = {
    rows,
    events,
    bytes,
    seconds,
    rows_per_s: Math.round(rows / seconds),
    events_per_s: Math.round(events / seconds)
  };
  stdout.write(
    `${String(rows)} rows → ${String(events)} events in ${seconds.toFixed(2)} s (median of ${runs})\n${JSON.stringify(result)}\n`
  );
}

await main();
