/**
 * The wholesaler's range: electrical, hydraulic, paint and building goods.
 * One line = one family: category | how often it is bought, relative to the others | name, % = variant | variant=price in reais; …
 */
const RANGE = `
fios e cabos | 9 | Cabo flexível % azul 100 m | 1,5 mm²=98; 2,5 mm²=159; 4 mm²=248; 6 mm²=372; 10 mm²=648
fios e cabos | 8 | Cabo flexível % preto 100 m | 1,5 mm²=98; 2,5 mm²=159; 4 mm²=248; 6 mm²=372; 10 mm²=648
fios e cabos | 4 | Cabo PP % 50 m | 2x1,5 mm²=210; 2x2,5 mm²=329; 3x2,5 mm²=458; 3x4 mm²=690
proteção | 7 | Disjuntor unipolar % curva C | 16 A=14; 20 A=15; 32 A=18; 40 A=24; 63 A=32
proteção | 7 | Disjuntor bipolar % curva C | 16 A=34; 20 A=36; 32 A=43; 40 A=58; 63 A=77
proteção | 7 | Disjuntor tripolar % curva C | 16 A=53; 20 A=57; 32 A=68; 40 A=91; 63 A=122
proteção | 3 | DR tetrapolar % 30 mA | 25 A=168; 40 A=179; 63 A=226
proteção | 4 | DPS % classe II | 20 kA=46; 45 kA=62
proteção | 3 | Quadro de distribuição % disjuntores | 12=88; 18=124; 24=178; 36=264
iluminação | 9 | Lâmpada LED bulbo % 6500 K | 9 W=7; 12 W=10; 15 W=14; 20 W=22
iluminação | 6 | Luminária LED sobrepor % | 18 W=39; 24 W=52; 36 W=79
iluminação | 5 | Refletor LED % IP66 | 30 W=48; 50 W=66; 100 W=118; 200 W=239
iluminação | 4 | Fita LED % 5 m | 3000 K=44; 6500 K=44
acabamento elétrico | 8 | Tomada 2P+T % branca | 10 A=9; 20 A=12
acabamento elétrico | 7 | Interruptor % branco | simples=9; duplo=17; paralelo=12; triplo=26
acabamento elétrico | 6 | Placa 4x2 % | cega=4; 1 posto=5; 2 postos=5; 3 postos=6
eletrodutos | 6 | Eletroduto corrugado % 50 m | 20 mm=62; 25 mm=79; 32 mm=118
eletrodutos | 6 | Caixa de luz % | 4x2 amarela=2; 4x4 amarela=4; octogonal=5
hidráulica | 8 | Tubo PVC soldável % 6 m | 20 mm=19; 25 mm=26; 32 mm=49; 50 mm=89
hidráulica | 7 | Tubo esgoto % 6 m | 40 mm=38; 50 mm=56; 75 mm=84; 100 mm=98
hidráulica | 6 | Joelho 90° soldável % | 20 mm=1; 25 mm=2; 32 mm=4; 50 mm=9
hidráulica | 5 | Registro de esfera % latão | 1/2"=32; 3/4"=39; 1"=58; 1 1/2"=129
hidráulica | 2 | Caixa d'água polietileno % | 500 L=289; 1.000 L=459; 2.000 L=1149
louças e metais | 5 | Torneira de % | cozinha bica móvel=119; lavatório=89; jardim=34; tanque=45
louças e metais | 5 | Chuveiro elétrico % | 5.500 W 127 V=79; 6.800 W 220 V=98; 7.500 W eletrônico=219
louças e metais | 2 | Bacia com caixa acoplada % | branca=389; gelo=429
tintas | 6 | Tinta acrílica branco neve % | 3,6 L=89; 18 L=329
tintas | 6 | Tinta acrílica gelo % | 3,6 L=94; 18 L=349
tintas | 6 | Tinta acrílica areia % | 3,6 L=100; 18 L=368
tintas | 3 | Esmalte sintético branco % | 900 mL=39; 3,6 L=128
tintas | 3 | Esmalte sintético preto % | 900 mL=41; 3,6 L=136
tintas | 3 | Esmalte sintético cinza % | 900 mL=44; 3,6 L=143
tintas | 5 | Massa corrida % | 6 kg=32; 25 kg=89
tintas | 4 | Selador acrílico % | 3,6 L=48; 18 L=149
tintas | 4 | Rolo de lã % | 9 cm=12; 23 cm=24
argamassas | 8 | Argamassa % cinza 20 kg | AC-I=13; AC-II=23; AC-III=36
argamassas | 5 | Rejunte flexível 1 kg % | branco=8; cinza platina=8; marrom=9
argamassas | 7 | Cimento CP II % | 50 kg=38; 25 kg=22
impermeabilização | 3 | Impermeabilizante % | 3,6 L=119; 18 L=489
impermeabilização | 2 | Manta asfáltica % | 3 mm=219; 4 mm=289
ferramentas | 2 | Furadeira de impacto % | 550 W=199; 700 W=289
ferramentas | 6 | Disco de corte % | 4 1/2"=6; 7"=14; diamantado 110 mm=29
ferramentas | 3 | Trena % | 5 m=24; 8 m=39
ferramentas | 3 | Alicate % isolado | universal 8"=49; de corte 6"=44; de bico 6"=42
fixação | 5 | Parafuso chipboard % cento | 4x30=12; 4x50=17; 5x60=28
fixação | 6 | Bucha nylon % cento | nº 6=8; nº 8=11; nº 10=22
fixação | 4 | Abraçadeira nylon % cento | 200 mm=14; 300 mm=27
EPI | 4 | Luva % | de vaqueta=19; nitrílica=9; isolante classe 0=289
EPI | 2 | Capacete com carneira % | branco=24; azul=24
automação | 2 | Contator % bobina 220 V | 9 A=98; 18 A=139; 32 A=248
automação | 2 | Relé térmico % | 7-10 A=118; 12-18 A=138
automação | 4 | Sensor de presença % | teto=39; parede=36
climatização | 2 | Ventilador de teto % | 3 pás 127 V=179; 4 pás 220 V=219
telecom | 3 | Cabo de rede Cat6 % | 100 m=248; 305 m=689
telecom | 3 | Conector RJ45 Cat6 % | cento=89; unidade=2
bombas | 2 | Bomba periférica % | 1/2 CV=219; 1 CV=389
`;

interface RangeEntry {
  readonly category: string;
  readonly name: string;
  readonly priceReais: number;
  readonly popularity: number;
}

/** Every sku of the range, in the order of the list. */
export const rangeEntries = (): RangeEntry[] =>
  RANGE.trim()
    .split('\n')
    .flatMap((line) => {
      const [category = '', popularity = '1', name = '', variants = ''] = line.split(' | ');
      return variants.split('; ').map((variant) => {
        const [label = '', price = '1'] = variant.split('=');
        return { category, name: name.replace('%', label), priceReais: Number(price), popularity: Number(popularity) };
      });
    });
