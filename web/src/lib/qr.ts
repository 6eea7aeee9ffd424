/** A QR code of a short text: bytes, the lowest error correction, versions 1 to 10 (ISO/IEC 18004). */

// By version: check words of a block, blocks, words of data in a block, and blocks with one word more.
const BLOCKS: readonly (readonly [check: number, count: number, data: number, longer: number])[] = [
  [7, 1, 19, 0],
  [10, 1, 34, 0],
  [15, 1, 55, 0],
  [20, 1, 80, 0],
  [26, 1, 108, 0],
  [18, 2, 68, 0],
  [20, 2, 78, 0],
  [24, 2, 97, 0],
  [30, 2, 116, 0],
  [18, 2, 68, 2],
];
const CENTRES: readonly (readonly number[])[] = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
];

// Powers and logarithms in the field of 256 with x^8 + x^4 + x^3 + x^2 + 1.
const POWER = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let at = 0, worth = 1; at < 255; at += 1) {
  POWER[at] = worth;
  POWER[at + 255] = worth;
  LOG[worth] = at;
  worth = worth & 128 ? (worth << 1) ^ 0x11d : worth << 1;
}
const times = (one: number, other: number): number =>
  one && other ? (POWER[(LOG[one] ?? 0) + (LOG[other] ?? 0)] ?? 0) : 0;

/** The rows of the code, true where it is dark; null for a text that is too long. */
export function qrOf(text: string): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  const version = BLOCKS.findIndex((_, at) => bytes.length <= roomOf(at + 1)) + 1;
  if (!version) return null;
  const grid = new Grid(version);
  grid.write(interleaved(wordsOf(bytes, version), version));
  return grid.dark;
}

function sizeOf(version: number): number {
  const [, count, data, longer] = BLOCKS[version - 1] ?? [0, 0, 0, 0];
  return count * data + longer * (data + 1);
}

// Four bits say that bytes follow; their number takes one word, from version 10 on two.
const roomOf = (version: number): number => sizeOf(version) - (version < 10 ? 2 : 3);

function wordsOf(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const put = (worth: number, count: number): void => {
    for (let at = count - 1; at >= 0; at -= 1) bits.push((worth >> at) & 1);
  };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  const size = sizeOf(version);
  put(0, Math.min(4, size * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  const words: number[] = [];
  for (let at = 0; at < bits.length; at += 8)
    words.push(bits.slice(at, at + 8).reduce((sum, bit) => sum * 2 + bit, 0));
  for (let pad = 0; words.length < size; pad += 1) words.push(pad % 2 ? 0x11 : 0xec);
  return words;
}

function interleaved(words: readonly number[], version: number): number[] {
  const [check, count, data, longer] = BLOCKS[version - 1] ?? [0, 0, 0, 0];
  const blocks: number[][] = [];
  let from = 0;
  for (let at = 0; at < count + longer; at += 1) {
    const size = at < count ? data : data + 1;
    blocks.push(words.slice(from, from + size) as number[]);
    from += size;
  }
  const checks = blocks.map((block) => checkOf(block, check));
  const mixed: number[] = [];
  for (let at = 0; at <= data; at += 1)
    for (const block of blocks) if (at < block.length) mixed.push(block[at] ?? 0);
  for (let at = 0; at < check; at += 1) for (const block of checks) mixed.push(block[at] ?? 0);
  return mixed;
}

/** The rest of dividing the block by the generator of that degree (Reed and Solomon). */
function checkOf(block: readonly number[], degree: number): number[] {
  let generator = [1];
  for (let at = 0; at < degree; at += 1) {
    const next = [...generator, 0];
    generator.forEach((worth, place) => {
      next[place + 1] = (next[place + 1] ?? 0) ^ times(worth, POWER[at] ?? 0);
    });
    generator = next;
  }
  const rest = [...block, ...new Array<number>(degree).fill(0)];
  for (let at = 0; at < block.length; at += 1) {
    const factor = rest[at] ?? 0;
    if (!factor) continue;
    generator.forEach((worth, place) => {
      rest[at + place] = (rest[at + place] ?? 0) ^ times(worth, factor);
    });
  }
  return rest.slice(block.length);
}

class Grid {
  readonly dark: boolean[][];
  private readonly fixed: boolean[][];
  private readonly size: number;

  constructor(private readonly version: number) {
    this.size = 17 + 4 * version;
    const empty = (): boolean[][] =>
      Array.from({ length: this.size }, () => new Array<boolean>(this.size).fill(false));
    this.dark = empty();
    this.fixed = empty();
    this.patterns();
  }

  private set(row: number, column: number, dark: boolean): void {
    const [line, known] = [this.dark[row], this.fixed[row]];
    if (!line || !known || column < 0 || column >= this.size) return;
    line[column] = dark;
    known[column] = true;
  }

  private patterns(): void {
    const last = this.size - 1;
    for (let at = 8; at < this.size - 8; at += 1) {
      this.set(6, at, at % 2 === 0);
      this.set(at, 6, at % 2 === 0);
    }
    for (const [row, column] of [
      [3, 3],
      [3, last - 3],
      [last - 3, 3],
    ] as const)
      this.square(row, column, 4, [0, 1, 3]);
    const centres = CENTRES[this.version - 1] ?? [];
    for (const row of centres)
      for (const column of centres)
        if (!this.fixed[row]?.[column]) this.square(row, column, 2, [0, 2]);
    this.set(this.size - 8, 8, true);
    this.format();
    if (this.version >= 7) this.numbered();
  }

  private square(row: number, column: number, reach: number, dark: readonly number[]): void {
    for (let down = -reach; down <= reach; down += 1) {
      for (let right = -reach; right <= reach; right += 1)
        this.set(
          row + down,
          column + right,
          dark.includes(Math.max(Math.abs(down), Math.abs(right))),
        );
    }
  }

  // The lowest correction (01) and the mask of a chess board (000), with their own check.
  private format(): void {
    const told = 0b01000;
    const bits = ((told << 10) | restOf(told << 10, 0x537, 10)) ^ 0x5412;
    const bit = (at: number): boolean => ((bits >> at) & 1) === 1;
    const last = this.size - 1;
    for (let at = 0; at < 15; at += 1) {
      this.set(at < 6 ? at : at < 8 ? at + 1 : last - 14 + at, 8, bit(at));
      this.set(8, at < 8 ? last - at : at === 8 ? 7 : 14 - at, bit(at));
    }
    this.set(this.size - 8, 8, true);
  }

  private numbered(): void {
    const bits = (this.version << 12) | restOf(this.version << 12, 0x1f25, 12);
    for (let at = 0; at < 18; at += 1) {
      const [near, far] = [Math.floor(at / 3), this.size - 11 + (at % 3)];
      this.set(near, far, ((bits >> at) & 1) === 1);
      this.set(far, near, ((bits >> at) & 1) === 1);
    }
  }

  /** Lay the words in columns of two, up and down from the right, past what is fixed. */
  write(words: readonly number[]): void {
    let at = 0;
    let up = true;
    for (let right = this.size - 1; right > 0; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step += 1) {
        const row = up ? this.size - 1 - step : step;
        for (const column of [right, right - 1]) {
          if (this.fixed[row]?.[column]) continue;
          const bit = (((words[at >> 3] ?? 0) >> (7 - (at & 7))) & 1) === 1;
          const line = this.dark[row];
          if (line) line[column] = bit !== ((row + column) % 2 === 0);
          at += 1;
        }
      }
      up = !up;
    }
  }
}

function restOf(worth: number, by: number, degree: number): number {
  let rest = worth;
  for (let bit = 31 - Math.clz32(rest); bit >= degree; bit = 31 - Math.clz32(rest))
    rest ^= by << (bit - degree);
  return rest;
}
