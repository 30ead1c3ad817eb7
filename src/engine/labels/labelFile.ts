/** Label files on disk. */
import fs from 'node:fs';
import path from 'node:path';
import { CsvError } from '../../core/labels/csvRecords.js';
import { parseLabelFile, toLabels, type LabelFile } from '../../core/labels/labelCsv.js';
import type { Label } from '../../core/labels/label.js';
import { EngineError } from '../../protocol/engineError.js';

/** Throws an `EngineError` that names the file and, when its content is at fault, the line. */
export function readLabels(file: string): Label[] {
  const found = findLabelFile(file);
  if (found === undefined) {
    throw new EngineError('no-input', `the label file ${file} does not exist; check the path`);
  }
  return toLabels(found);
}

/** @returns undefined when there is no such file; throws as `readLabels` does */
export function findLabelFile(file: string): LabelFile | undefined {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new EngineError('no-input', `the label file ${file} cannot be read; check the path and its permissions`, { cause: error });
  }
  return decodeLabelFile(bytes, file);
}

/** @param name of the file, for messages */
export function decodeLabelFile(bytes: Uint8Array, name: string): LabelFile {
  let text: string;
  try {
    // Bytes that are no UTF-8 would be lost when the file is written again.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new EngineError('bad-argument', `${name} is not UTF-8; save it as CSV in UTF-8`, { cause: error });
  }
  try {
    return parseLabelFile(text);
  } catch (error) {
    throw error instanceof CsvError ? new EngineError('bad-argument', `${name}: ${error.message}`) : error;
  }
}

/** All or nothing: readers see the old text or the new one. Creates the folder. */
export function writeLabelFile(file: string, text: string): void {
  let temporary: string | undefined;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    // What a link leads to is replaced, not the link.
    const target = fs.existsSync(file) ? fs.realpathSync(file) : file;
    const mode = fs.statSync(target, { throwIfNoEntry: false })?.mode;
    temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.tmp`);
    fs.writeFileSync(temporary, text, { flush: true, ...(mode === undefined ? {} : { mode }) });
    fs.renameSync(temporary, target);
  } catch (error) {
    if (temporary !== undefined) {
      fs.rmSync(temporary, { force: true });
    }
    throw new EngineError('bad-argument', `the labels cannot be written to ${file}; check the permissions, or choose another place`, {
      cause: error,
    });
  }
}
