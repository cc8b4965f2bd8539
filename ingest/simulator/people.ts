/** The wholesaler's customers: made-up Brazilian companies and people, none of them real. */
import { SEGMENTS, type Customer, type Segment, type Temper } from './business.ts';
import { createRandom, weighted, type Random } from './random.ts';
import { makeCnpj, makeCpf } from './tax-ids.ts';

const PLACES: readonly (readonly [city: string, state: string, dialCode: string])[] = [
  ['Sorocaba', 'SP', '15'],
  ['Paulínia', 'SP', '19'],
  ['Campinas', 'SP', '19'],
  ['Santos', 'SP', '13'],
  ['Guarulhos', 'SP', '11'],
  ['Osasco', 'SP', '11'],
  ['Jundiaí', 'SP', '11'],
  ['Ribeirão Preto', 'SP', '16'],
  ['São Carlos', 'SP', '16'],
  ['Bauru', 'SP', '14'],
  ['Taubaté', 'SP', '12'],
  ['Piracicaba', 'SP', '19'],
  ['Franca', 'SP', '16'],
  ['Itu', 'SP', '11'],
  ['Niterói', 'RJ', '21'],
  ['Petrópolis', 'RJ', '24'],
  ['Volta Redonda', 'RJ', '24'],
  ['Uberlândia', 'MG', '34'],
  ['Juiz de Fora', 'MG', '32'],
  ['Poços de Caldas', 'MG', '35'],
  ['Contagem', 'MG', '31'],
  ['Londrina', 'PR', '43'],
  ['Maringá', 'PR', '44'],
  ['Curitiba', 'PR', '41'],
  ['Joinville', 'SC', '47'],
  ['Blumenau', 'SC', '47'],
  ['Caxias do Sul', 'RS', '54'],
  ['Vitória', 'ES', '27'],
  ['Goiânia', 'GO', '62'],
  ['Campo Grande', 'MS', '67']
];
const WORDS = [
  'União',
  'Progresso',
  'São Bento',
  'São Jorge',
  'Santa Rita',
  'Boa Vista',
  'Bandeirante',
  'Jacaré',
  'Ipiranga',
  'Três Irmãos',
  'Alvorada',
  'Horizonte',
  'Bom Preço',
  'Nova Era',
  'Central',
  'do Vale',
  'da Serra',
  'Primavera',
  'Estrela',
  'Aliança',
  'Cruzeiro',
  'Imperial',
  'Paineira',
  'Jequitibá',
  'Sabiá',
  'Planalto',
  'Guarani',
  'Tropical',
  'Esperança',
  'Vitória Régia'
] as const;
const SURNAMES = [
  'Almeida',
  'Barbosa',
  'Camargo',
  'Carvalho',
  'Cavalcanti',
  'Domingues',
  'Esteves',
  'Figueiredo',
  'Fonseca',
  'Gonçalves',
  'Junqueira',
  'Lacerda',
  'Machado',
  'Menezes',
  'Moreira',
  'Nascimento',
  'Nogueira',
  'Pacheco',
  'Pereira',
  'Queiroz',
  'Rezende',
  'Sampaio',
  'Siqueira',
  'Tavares',
  'Teixeira',
  'Vasconcelos',
  'Vieira',
  'Yamamoto'
] as const;
const FIRST_NAMES = [
  'Adriana',
  'Alexandre',
  'Aline',
  'Anderson',
  'Beatriz',
  'Bruno',
  'Carla',
  'Cláudio',
  'Daniela',
  'Diego',
  'Eduardo',
  'Fernanda',
  'Gustavo',
  'Helena',
  'Jorge',
  'Juliana',
  'Leandro',
  'Luciana',
  'Marcelo',
  'Marina',
  'Otávio',
  'Patrícia',
  'Rafael',
  'Renata',
  'Rogério',
  'Sérgio',
  'Simone',
  'Tiago',
  'Vanessa',
  'Wellington'
] as const;

type NameMaker = (random: Random, city: string) => string;
const NAMES: Readonly<Record<Segment, readonly NameMaker[]>> = {
  revenda: [
    (random, city) => `Casa & Cor ${random.pick([city, random.pick(WORDS)])}`,
    (random) => `Ferragens ${random.pick(WORDS)}`,
    (random, city) => `Elétrica ${random.pick([city, random.pick(SURNAMES)])}`,
    (random) => `Armazém ${random.pick(WORDS)}`,
    (random) => `Depósito ${random.pick(WORDS)}`,
    (random) => `Materiais ${random.pick(WORDS)}`,
    (random, city) => `Hidráulica ${city}`,
    (random) => `Tintas ${random.pick(WORDS)}`,
    (random) => `${random.pick(SURNAMES)} Materiais Elétricos`,
    (random, city) => `Constrói ${city}`
  ],
  construtora: [
    (random) => `Construtora ${random.pick(SURNAMES)}`,
    (random) => `${random.pick(SURNAMES)} & ${random.pick(SURNAMES)} Engenharia`,
    (random, city) => `Incorporadora ${city}`,
    (random) => `${random.pick(WORDS)} Empreendimentos`
  ],
  industria: [
    (random) => `Metalúrgica ${random.pick(WORDS)}`,
    (random) => `Indústria ${random.pick(SURNAMES)}`,
    (random) => `Usina ${random.pick(WORDS)}`,
    (random, city) => `Têxtil ${city}`
  ],
  condominio: [
    (random) => `Condomínio Edifício ${random.pick(WORDS)}`,
    (random) => `Residencial ${random.pick(WORDS)}`
  ],
  instalador: [(random) => `${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)} ${random.pick(SURNAMES)}`]
};

const SEGMENT_WEIGHT: Readonly<Record<Segment, number>> = {
  revenda: 42,
  construtora: 20,
  industria: 8,
  condominio: 10,
  instalador: 20
};
const BUYING: Readonly<Record<Segment, number>> = {
  revenda: 1.4,
  construtora: 1.3,
  industria: 1.1,
  condominio: 0.5,
  instalador: 0.45
};
const TEMPERS: readonly (readonly [Temper, number])[] = [
  ['early', 8],
  ['punctual', 48],
  ['late', 26],
  ['slow', 13.5],
  ['never', 4.5]
];

const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[^A-Za-z0-9]+/g, '')
    .toLowerCase();

/** A name nobody has yet: after some tries the town is added, then a number. */
function freshName(random: Random, segment: Segment, city: string, used: Set<string>): string {
  for (let attempt = 0; ; attempt++) {
    const base = random.pick(NAMES[segment])(random, city);
    const name =
      attempt < 4 ? base : attempt < 8 && !base.includes(city) ? `${base} ${city}` : `${base} ${attempt - 6}`;
    if (used.has(name)) continue;
    used.add(name);
    return name;
  }
}

/** Evenly over large and small buyers (by the golden ratio), so that no seed has all its large ones late. */
function spreadTempers(customers: readonly Customer[], offset: number): void {
  const total = TEMPERS.reduce((sum, [, weight]) => sum + weight, 0);
  const bySize = [...customers].sort((a, b) => b.weight - a.weight);
  bySize.forEach((customer, index) => {
    let wanted = ((offset + index * 0.618034) % 1) * total;
    for (const [temper, weight] of TEMPERS) {
      customer.temper = temper;
      if (wanted < weight) break;
      wanted -= weight;
    }
  });
}

export function makeCustomers(seed: string, count: number): Customer[] {
  const random = createRandom(`${seed}/people`);
  const pickSegment = weighted(SEGMENTS, (segment) => SEGMENT_WEIGHT[segment]);
  const used = new Set<string>();
  const customers = Array.from({ length: count }, (_, index): Customer => {
    const segment = pickSegment(random);
    const [city, state, dialCode] = random.pick(PLACES);
    const name = freshName(random, segment, city, used);
    const weight = BUYING[segment] * random.logNormal(1, 0.8);
    return {
      id: `C-${String(index + 101).padStart(4, '0')}`,
      name,
      taxId: segment === 'instalador' ? makeCpf(random) : makeCnpj(random, random.chance(0.12)),
      state,
      segment,
      weight,
      temper: 'punctual',
      // no operator has the 90000 range
      phone: `+55${dialCode}90000${random.int(1000, 9999)}`,
      email: `${segment === 'instalador' ? 'contato' : 'financeiro'}@${plain(name)}.example`,
      creditLimitMinor: Math.round((weight * 40_000_00) / 100_000) * 100_000 + 500_000,
      open: new Set(),
      onAccountUnsafe: false,
      contactedDay: 0,
      promisedUntil: 0
    };
  });
  spreadTempers(customers, random.next());
  return customers;
}

export const makeContactName = (random: Random): string => `${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`;
