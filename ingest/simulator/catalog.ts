/** What the wholesaler sells, at which price and pace, and who supplies it. */
import type { Product, Supplier } from './business.ts';
import { createRandom } from './random.ts';
import { rangeEntries } from './range.ts';

const SUPPLIERS: readonly (readonly [name: string, termDays: number, lateness: number])[] = [
  ['Metalúrgica Horizonte', 28, 0.13],
  ['Condutores Serra Azul', 35, 0.11],
  ['Plásticos Tamoio', 28, 0.18],
  ['Tintas Aroeira', 42, 0.13],
  ['Luminar Indústria', 30, 0.26],
  ['Argamassas Pedra Branca', 21, 0.09],
  ['Cerâmica Ribeirão Claro', 35, 0.22],
  ['Ferramentas Guaporé', 45, 0.2],
  ['Eletro Itatiaia', 28, 0.11],
  ['Hidro Paraíba', 30, 0.15],
  ['Fixadores Mantiqueira', 28, 0.11],
  ['Importadora Porto Leste', 60, 0.4],
  ['Química Araçá', 35, 0.13],
  ['Cabos Rio Doce', 30, 0.13]
];

export const makeSuppliers = (): Supplier[] =>
  SUPPLIERS.map(([name, termDays, lateness]) => ({ name, termDays, lateness }));

const LINE_VALUE_MINOR = 17_000;
/** lines a calendar day at scale 1 */
const LINES_A_DAY = 1900;
const SAFETY_DAYS = 0.3;

/** How many units of a price a usual order line has, in the mean. */
export const meanQuantity = (priceMinor: number): number => 1 + (LINE_VALUE_MINOR * 1.25) / priceMinor;

/** @param scale 1 = the usual volume: reorder points and stock follow it */
export function makeProducts(seed: string, suppliers: readonly Supplier[], scale: number): Product[] {
  const random = createRandom(`${seed}/catalog`);
  const used = new Set<number>();
  const drafts = rangeEntries().map(({ category, name, priceReais, popularity }) => {
    let number = random.int(20_000, 98_999);
    while (used.has(number)) number = random.int(20_000, 98_999);
    used.add(number);
    const priceMinor = Math.max(
      90,
      Math.round(priceReais * 100 * random.between(0.94, 1.06)) - random.pick([1, 10, 0, 5])
    );
    return {
      sku: `${number}-${number % 5}`,
      name,
      category,
      priceMinor,
      costMinor: Math.round(priceMinor * random.between(0.68, 0.79)),
      leadDays: random.pick([4, 5, 7, 7, 9, 10, 12, 15, 21]),
      supplier: random.pick(suppliers),
      popularity: popularity * random.logNormal(1, 0.5)
    };
  });
  const total = drafts.reduce((sum, draft) => sum + draft.popularity, 0);
  return drafts.map((draft) => {
    const velocity = ((LINES_A_DAY * draft.popularity) / total) * meanQuantity(draft.priceMinor) * scale;
    const reorderPoint = Math.ceil(velocity * (draft.leadDays + SAFETY_DAYS));
    // somewhere between two deliveries; a few are caught short
    const stock = Math.ceil(
      random.chance(0.04) ? velocity * random.between(0.5, 3) : reorderPoint + velocity * random.between(0, 22)
    );
    const shop = Math.min(stock, Math.ceil(velocity * 3));
    const onHand = { 'cd-guarulhos': stock - shop, 'loja-centro': shop };
    return { ...draft, velocity, reorderPoint, active: true, onHand, reserved: 0, onOrder: 0, waiting: new Set() };
  });
}
