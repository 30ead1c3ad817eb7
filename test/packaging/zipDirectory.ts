/** The table of contents of a ZIP file (a VSIX is one); no ZIP64, which a VSIX of this size does not need. */
import fs from 'node:fs';

export interface ZipEntry {
  readonly name: string;
  readonly sizeBytes: number;
}

const END_SIGNATURE = 0x06054b50;
const END_LENGTH = 22;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_LENGTH = 46;

/** @throws when `file` is not a ZIP file. */
export function readZipDirectory(file: string): ZipEntry[] {
  const bytes = fs.readFileSync(file);
  let end = bytes.length - END_LENGTH;
  while (end >= 0 && bytes.readUInt32LE(end) !== END_SIGNATURE) end -= 1;
  if (end < 0) throw new Error(`${file} is not a ZIP file: no end record`);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  return Array.from({ length: count }, () => {
    if (bytes.readUInt32LE(at) !== ENTRY_SIGNATURE) throw new Error(`${file}: broken directory at byte ${at}`);
    const nameLength = bytes.readUInt16LE(at + 28);
    const entry = {
      name: bytes.toString('utf8', at + ENTRY_LENGTH, at + ENTRY_LENGTH + nameLength),
      sizeBytes: bytes.readUInt32LE(at + 24),
    };
    at += ENTRY_LENGTH + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    return entry;
  });
}
