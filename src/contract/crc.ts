// Arithmetic on CRCs: the CRC of a whole from the CRCs of its parts, without its bytes.
// A CRC is a polynomial over GF(2) modulo P; appending n bytes multiplies what came before by x^(8n).

/** CRCs whose parts can be combined: S3 offers a FULL_OBJECT checksum of a multipart upload for these alone. */
export type CombinableCrc = 'CRC32' | 'CRC32C' | 'CRC64NVME'

/** A reflected polynomial of up to 64 bits: the highest bit of `high` is x^0; `low` stays 0 where the CRC has 32 bits. */
interface Polynomial {
  readonly high: number
  readonly low: number
}

interface Field {
  readonly isWide: boolean
  readonly modulus: Polynomial
  /** x^(8 * 2^k) modulo P, at k; grown when needed. */
  readonly powers: Polynomial[]
}

const one: Polynomial = { high: 0x80000000 | 0, low: 0 }

/** Reflected generator polynomials. Source: RFC 3720 (CRC32C), NVM Express NVM Command Set 1.0, 5.2.1.3.4 (CRC64NVME). */
const fields: Readonly<Record<CombinableCrc, Field>> = {
  CRC32: field(false, 0xedb88320, 0),
  CRC32C: field(false, 0x82f63b78, 0),
  CRC64NVME: field(true, 0x9a6c9329, 0xac4bc9b5),
}

/** The CRC of the concatenation of parts.
 *  @param parts in order; `value` is a part's CRC (4 or 8 bytes, big-endian as S3 sends it), `size` its bytes (0 to 2^53 - 1)
 *  @returns 4 or 8 bytes, big-endian; of no parts the CRC of nothing, which is 0
 *  Source: zlib's crc32_combine, for any CRC that starts from and ends with all ones inverted. */
export function combineCrc(
  algorithm: CombinableCrc,
  parts: readonly { readonly value: Uint8Array; readonly size: number }[],
): Uint8Array {
  const f = fields[algorithm]
  const bytes = f.isWide ? 8 : 4
  // Parts are nearly always of one size but for the last: its power of x is computed once.
  const shifts = new Map<number, Polynomial>()
  let sum: Polynomial = { high: 0, low: 0 }
  for (const { value, size } of parts) {
    if (value.length !== bytes) throw new RangeError(`A ${algorithm} has ${bytes} bytes, not ${value.length}`)
    if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`A part cannot have ${size} bytes`)
    let shift = shifts.get(size)
    if (shift === undefined) shifts.set(size, (shift = powerOfBytes(f, size)))
    const shifted = multiply(f, shift, sum)
    const view = new DataView(value.buffer, value.byteOffset, bytes)
    sum = { high: shifted.high ^ view.getInt32(0), low: f.isWide ? shifted.low ^ view.getInt32(4) : 0 }
  }
  const combined = new Uint8Array(bytes)
  const view = new DataView(combined.buffer)
  view.setInt32(0, sum.high)
  if (f.isWide) view.setInt32(4, sum.low)
  return combined
}

function field(isWide: boolean, high: number, low: number): Field {
  // x^8: the ninth bit from the top.
  return { isWide, modulus: { high: high | 0, low: low | 0 }, powers: [{ high: 1 << 23, low: 0 }] }
}

/** x^(8 * size) modulo P. */
function powerOfBytes(f: Field, size: number): Polynomial {
  let product = one
  for (let k = 0, rest = size; rest > 0; k += 1, rest = Math.floor(rest / 2)) {
    let power = f.powers[k]
    if (power === undefined) {
      const half = f.powers[k - 1] ?? one // k is at least 1 here: powers[0] exists from the start
      f.powers.push((power = multiply(f, half, half)))
    }
    if (rest % 2 === 1) product = multiply(f, power, product)
  }
  return product
}

/** a * b modulo P: one bit of `a` a step, `b` multiplied by x meanwhile. */
function multiply({ isWide, modulus }: Field, a: Polynomial, b: Polynomial): Polynomial {
  let high = 0
  let low = 0
  let bHigh = b.high
  let bLow = b.low
  const steps = isWide ? 64 : 32
  for (let i = 0; i < steps; i += 1) {
    const bit = i < 32 ? (a.high >>> (31 - i)) & 1 : (a.low >>> (63 - i)) & 1
    if (bit === 1) {
      high ^= bHigh
      low ^= bLow
    }
    const isCarried = ((isWide ? bLow : bHigh) & 1) === 1
    if (isWide) bLow = (bLow >>> 1) | (bHigh << 31)
    bHigh >>>= 1
    if (isCarried) {
      bHigh ^= modulus.high
      bLow ^= modulus.low
    }
  }
  return { high, low }
}
