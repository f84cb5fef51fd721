/** CRC-32 (IEEE 802.3), the checksum of gzip, zip and PNG. */

const remainders = Int32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ -0x12477ce0 : remainder >>> 1
  return remainder
})

/** The checksum of bytes that follow others whose checksum is `before`, as a signed number. */
export const crc32 = (bytes: Uint8Array, before = 0): number => {
  let crc = ~before
  for (const byte of bytes) crc = (remainders[(crc ^ byte) & 255] as number) ^ (crc >>> 8)
  return ~crc
}
