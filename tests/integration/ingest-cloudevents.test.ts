import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BatchAnswer } from '#lib/contracts/ingest.ts';
import { post, rows, shipped } from '../support/ingest.ts';
import { ingestForFile } from '../support/ingest-for-file.ts';
import { readSimpleYaml, type SimpleYaml } from '../support/simple-yaml.ts';

const house = ingestForFile();

const json = (text: string): unknown => JSON.parse(text);
/** `name: value` lines */
const headersOf = (lines: readonly string[]): Map<string, string> =>
  new Map(lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]));
const ce = (attributes: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
const moved = (id: string): Record<string, string> => ({
  specversion: '1.0',
  id,
  source: 'urn:binary',
  type: 'account.moved',
  time: '2026-11-20T12:00:00Z'
});
const DATA = { account: 'a', amount_minor: 1, currency: 'BRL', category: 'yield' };

/** Rows of quarantine from a source, oldest first: what was kept of each, as JSON. */
async function kept(source: string): Promise<{ code: unknown; event: unknown }[]> {
  await shipped(house.ingest.url);
  const found = await rows(
    house.clickhouse.reader,
    `SELECT code, raw FROM quarantine_v1 FINAL WHERE source = '${source}' ORDER BY quarantine_id`
  );
  return found.map(({ code, raw }) => ({ code, event: json(z.string().parse(raw)) }));
}

test('binary mode: attributes in headers and data in the body are the same event as in structured mode', async () => {
  const structured = { ...moved('both'), data: DATA };
  expect(await post(house.ingest.url, JSON.stringify(DATA), ce(moved('both')))).toMatchObject({
    status: 200,
    body: { stored: 1 }
  });
  expect(
    await post(house.ingest.url, JSON.stringify(structured), { 'content-type': 'application/cloudevents+json' })
  ).toMatchObject({ body: { duplicate: 1, items: [{ code: 'duplicate' }] } });
});

test('binary mode: names in headers are percent-encoded UTF-8, and may be quoted', async () => {
  const headers = ce({ ...moved('"caf%C3%A9 \\"1\\""'), type: 'nothing.known', note: 'Euro%20%E2%82%AC 100%' });
  expect(await post(house.ingest.url, JSON.stringify(DATA), headers)).toMatchObject({
    status: 207,
    body: { items: [{ id: 'café "1"', code: 'unknown_type' }] }
  });
  expect(await kept('urn:binary')).toMatchObject([{ event: { id: 'café "1"', note: 'Euro € 100%', data: DATA } }]);
});

test('binary mode: numbers beyond a double are not changed on the way', async () => {
  const body = '{"account":"a","amount_minor":9007199254740993,"currency":"BRL","category":"yield"}';
  const answer = await post(house.ingest.url, body, ce({ ...moved('exact'), source: 'urn:exact' }));
  expect(answer.body).toMatchObject({ quarantined: 1, items: [{ code: 'invalid_data', path: '/data/amount_minor' }] });
  await shipped(house.ingest.url);
  const [row] = await rows(house.clickhouse.reader, "SELECT raw FROM quarantine_v1 FINAL WHERE source = 'urn:exact'");
  expect(row?.raw).toContain('9007199254740993');
});

test('binary mode: an attribute that is missing or wrong is a rejected item, a body that is not JSON a refused request', async () => {
  const { id: _, ...nameless } = moved('x');
  expect(await post(house.ingest.url, JSON.stringify(DATA), ce(nameless))).toMatchObject({
    status: 400,
    body: { rejected: 1, items: [{ code: 'invalid_envelope', path: '/id' }] }
  });
  expect(await post(house.ingest.url, JSON.stringify(DATA), ce({ ...moved('x'), specversion: '0.3' }))).toMatchObject({
    status: 400,
    body: { items: [{ code: 'invalid_envelope', path: '/specversion' }] }
  });
  expect(await post(house.ingest.url, '{"account":', ce(moved('x')))).toMatchObject({
    status: 400,
    body: { status: 400 }
  });
});

test('data in base64 is read where it is JSON, and is invalid data where it is not', async () => {
  const bytes = Buffer.from(JSON.stringify(DATA)).toString('base64');
  const sent = (id: string, change: object): object => ({ ...moved(id), data_base64: bytes, ...change });
  const answer = await post(
    house.ingest.url,
    JSON.stringify([
      sent('b-1', { datacontenttype: 'application/json; charset=utf-8' }),
      sent('b-2', {}),
      sent('b-3', { datacontenttype: 'application/json', data: DATA }),
      sent('b-4', { datacontenttype: 'application/json', data_base64: 'not base64' })
    ])
  );
  expect(BatchAnswer.parse(answer.body)).toMatchObject({
    stored: 1,
    quarantined: 3,
    items: [2, 3, 4].map((n) => ({ id: `b-${n}`, code: 'invalid_data', path: '/data_base64' }))
  });
});

const samples = join(import.meta.dirname, '../../../shared/data/cloudevents_conformance');
const text = (path: string): string => readFileSync(join(samples, path), 'utf8');
/** Absent data is said, not passed over: the name of the skipped suite tells what is missing. */
const withSamples = (title: string, suite: () => void): void => {
  if (existsSync(samples)) describe(title, suite);
  else describe.skip(`${title} (skipped: ../shared/data/cloudevents_conformance is not beside the project)`, suite);
};

/** Sends one sample and tells what it must have been read as. */
type Sample = () => Promise<object[]>;

withSamples('published samples', () => {
  const unknown = async (headers: Record<string, string>, body: string, expected: object[]): Promise<object[]> => {
    const answer = await post(house.ingest.url, body, headers);
    expect(BatchAnswer.parse(answer.body)).toMatchObject({ quarantined: expected.length, stored: 0, rejected: 0 });
    expect(BatchAnswer.parse(answer.body).items.map(({ code }) => code)).toEqual(expected.map(() => 'unknown_type'));
    return expected;
  };

  /** A type we do not know is quarantined as sent: what was kept is what was understood. */
  async function areReadAs(source: string, all: readonly Sample[]): Promise<void> {
    const before = (await kept(source)).length;
    const expected: object[] = [];
    for (const sample of all) expected.push(...(await sample()));
    const mine = expected.filter((event) => 'source' in event && event.source === source);
    expect((await kept(source)).slice(before)).toEqual(mine.map((event) => ({ code: 'unknown_type', event })));
  }

  test('the JSON format’s examples, single and batch', async () => {
    const files = readdirSync(join(samples, 'spec/json_format_examples')).toSorted();
    expect(files).toHaveLength(8);
    for (const file of files) {
      const body = text(`spec/json_format_examples/${file}`);
      const parsed = z.union([z.array(z.looseObject({ source: z.string() })), z.looseObject({ source: z.string() })]);
      const value = parsed.parse(json(body));
      const list = Array.isArray(value) ? value : [value];
      const type = Array.isArray(value) ? 'application/cloudevents-batch+json' : 'application/cloudevents+json';
      const send: Sample = () => unknown({ 'content-type': type }, body, list);
      const [first] = list;
      if (first) await areReadAs(first.source, [send]);
      else expect(await post(house.ingest.url, body, { 'content-type': type })).toMatchObject({ status: 200 });
    }
  });

  test('the JSON format’s examples re-encoded in binary mode', async () => {
    const blocks = [
      ...text('spec/cloudevents/formats/json-format.md').matchAll(/^```\n(ce-[\s\S]*?)\n\n([\s\S]*?)\n```$/gm)
    ];
    expect(blocks).toHaveLength(6);
    await areReadAs(
      '/mycontext',
      blocks.map(([, head = '', body = '']): Sample => {
        const headers = headersOf(head.split('\n'));
        const type = headers.get('content-type');
        const attributes = Object.fromEntries(
          [...headers].flatMap(([name, value]) => (name.startsWith('ce-') ? [[name.slice(3), value]] : []))
        );
        const data =
          type === 'application/json'
            ? { datacontenttype: type, data: json(body) }
            : type === 'application/xml'
              ? { datacontenttype: type, data: body }
              : {
                  ...(type !== undefined && { datacontenttype: type }),
                  data_base64: Buffer.from(body).toString('base64')
                };
        return async () => {
          const sent = await fetch(`${house.ingest.url}/v1/events`, {
            method: 'POST',
            headers: { ...Object.fromEntries(headers), authorization: 'Bearer test-key-0123456789' },
            // fetch names a type of its own for text without one: bytes have none
            body: new Uint8Array(Buffer.from(body))
          });
          expect(await sent.json()).toMatchObject({ quarantined: 1, items: [{ code: 'unknown_type' }] });
          return [{ ...attributes, ...data }];
        };
      })
    );
  });

  test('the HTTP binding’s feature, binary and structured, with every media type it names', async () => {
    const feature = text('conformance/features/http-protocol-binding.feature');
    const outlines = feature.split('Scenario Outline:').slice(1);
    expect(outlines).toHaveLength(2);
    const all = outlines.flatMap((outline) => {
      const [request = '', dataText = ''] = [...outline.matchAll(/"""\n([\s\S]*?)"""/g)].map(([, block = '']) => block);
      const [head = '', body = ''] = request.split(/\n\s*\n/);
      const [, ...lines] = head.split('\n').map((line) => line.trim());
      const [, table = ''] = /Then the attributes are:\n([\s\S]*?)\n\s*And the data/.exec(outline) ?? [];
      const cells = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
      const types = (outline.split('Examples:')[1] ?? '').split('\n').map((line) => line.split('|')[1]?.trim() ?? '');
      const named = types.filter((type) => type.includes('/'));
      expect(named).toHaveLength(2);
      return named.map((type): Sample => {
        const headers = headersOf(lines);
        const attributes = Object.fromEntries(
          cells.flatMap(([, key, value = '']) =>
            key && key !== 'key' ? [[key, value.replace('<contentType>', type)]] : []
          )
        );
        for (const name of ['Host', 'Content-Length', 'Content-Type']) headers.delete(name);
        const expected = { ...attributes, data: json(dataText) };
        return () => unknown({ ...Object.fromEntries(headers), 'content-type': type }, body, [expected]);
      });
    });
    expect(all).toHaveLength(4);
    await areReadAs('/mycontext/subcontext', all);
  });

  test('the conformance events, in both modes', async () => {
    const events = ['conformance/yaml/v1.yaml', 'conformance/yaml/v1.0/v1_minimum.yaml'].flatMap((path) =>
      readSimpleYaml(text(path))
    );
    const inner = (value: SimpleYaml[string] | undefined): SimpleYaml => (typeof value === 'object' ? value : {});
    const scalar = (value: SimpleYaml[string] | undefined): string => (typeof value === 'string' ? value : '');
    expect(events).toHaveLength(8);
    const bySource = new Map<string, Sample[]>();
    for (const { ContextAttributes, Data } of events) {
      const { Extensions, ...plain } = inner(ContextAttributes);
      const attributes = Object.fromEntries(
        Object.entries({ ...plain, ...inner(Extensions) }).map(([name, value]) => [name, scalar(value).trim()])
      );
      const body = scalar(Data);
      const { datacontenttype = 'application/json', ...rest } = attributes;
      const data: unknown = datacontenttype.includes('json') ? json(body) : body;
      const event = { ...rest, datacontenttype, data };
      const source = attributes.source ?? '';
      bySource.set(source, [
        ...(bySource.get(source) ?? []),
        () => unknown({ ...ce(rest), 'content-type': datacontenttype }, body, [event]),
        () => unknown({ 'content-type': 'application/cloudevents+json' }, JSON.stringify(event), [event])
      ]);
    }
    for (const [source, all] of bySource) await areReadAs(source, all);
  });
});
