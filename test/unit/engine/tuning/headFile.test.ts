import { describe, expect, it } from 'vitest';
import { TUNED_DETECTION_FEATURES, type TunedHeads } from '../../../../src/core/heads/tunedHeads.js';
import { parseSafetensors, toSafetensors, type Tensor } from '../../../../src/engine/safetensors.js';
import { decodeHeadFile, encodeHeadFile, type HeadFile, type HeadVersionNotes } from '../../../../src/engine/tuning/headFile.js';
import { EngineError } from '../../../../src/protocol/engineError.js';
import { createHeadFile } from './headFileBuilders.js';

type Tensors = Record<string, Tensor>;
type Metadata = Record<string, string>;

/** The file of `createHeadFile`, changed. */
function change(edit: (tensors: Tensors, metadata: Metadata) => void): Uint8Array {
  const { tensors, metadata } = parseSafetensors(encodeHeadFile(createHeadFile()));
  const [copies, texts]: [Tensors, Metadata] = [Object.fromEntries(tensors), { ...metadata }];
  edit(copies, texts);
  return toSafetensors(copies, texts);
}

/** The last number of a tensor becomes another. */
function spoil(name: string, value: number): Uint8Array {
  return change((tensors) => {
    const { shape, data } = tensors[name] ?? expect.fail(`no tensor ${name}`);
    tensors[name] = { shape, data: Float32Array.of(...Array.from(data, Number).slice(0, -1), value) };
  });
}

/** Detection as versions of before had it. */
function narrowDetection(): Uint8Array {
  return change((tensors) => {
    const features = TUNED_DETECTION_FEATURES.length;
    tensors['detection.base'] = { shape: [1, features], data: new Float32Array(features) };
    tensors['detection.basis'] = { shape: [1, 1, features], data: new Float32Array(features) };
  });
}

const none = new Float32Array(0);

function withoutAdapter<T extends Partial<TunedHeads>>(heads: T): Omit<T, 'adapter'> {
  return Object.fromEntries(Object.entries(heads).filter(([name]) => name !== 'adapter')) as Omit<T, 'adapter'>;
}

function changeNotes(edit: Partial<Record<keyof HeadVersionNotes, unknown>>): Uint8Array {
  return change((_, metadata) => {
    metadata.notes = JSON.stringify({ ...createHeadFile().notes, ...edit });
  });
}

describe('heads as a file', () => {
  it('come back as they were', () => {
    const file = createHeadFile();
    expect(decodeHeadFile(encodeHeadFile(file), 'a.safetensors')).toEqual(file);
  });

  it.each<[string, (file: HeadFile) => HeadFile]>([
    [
      'one head alone',
      ({ heads, notes }) => ({
        heads: { ...withoutAdapter(heads), detection: null, failureType: null },
        notes: { ...notes, heads: ['root-cause'] },
      }),
    ],
    [
      'no states',
      ({ heads: { detection, ...heads }, notes }) => ({
        heads: {
          ...withoutAdapter(heads),
          states: { entities: [], names: [], centroids: new Float32Array(0) },
          detection:
            detection === null ? null : { weights: { ...detection.weights, mix: none }, odds: { failing: none, normal: none, weight: 1 } },
          failureType: null,
          rootCause: null,
        },
        notes: { ...notes, heads: ['detection'], scores: [] },
      }),
    ],
  ])('come back with %s', (_name, edit) => {
    const file = edit(createHeadFile());
    expect(decodeHeadFile(encodeHeadFile(file), 'a')).toEqual(file);
  });

  it('of an earlier version go by their weights alone', () => {
    const { tensors, metadata } = parseSafetensors(encodeHeadFile(createHeadFile()));
    const { trust, sharpness, ...earlier } = JSON.parse(metadata.failureType ?? '') as Record<string, unknown>;
    expect([trust, sharpness]).toEqual([0.375, 1.4]);
    const bytes = toSafetensors(Object.fromEntries(tensors), { ...metadata, failureType: JSON.stringify(earlier) });
    expect(decodeHeadFile(bytes, 'a').heads.failureType).toMatchObject({ trust: 0, sharpness: 1 });
  });

  it('are the same bytes each time', () => {
    expect(encodeHeadFile(createHeadFile())).toEqual(encodeHeadFile(createHeadFile()));
  });

  it('that are cut off are refused wherever the cut is', () => {
    const bytes = encodeHeadFile(createHeadFile());
    for (let length = 0; length < bytes.length; length += 97) {
      expect(() => decodeHeadFile(bytes.subarray(0, length), 'a')).toThrow(EngineError);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['no safetensors', Buffer.from('start,end,type\n'), 'not a safetensors file'],
    ['safetensors of something else', toSafetensors({}, {}), 'its format is not named'],
    ['another format', change((_, metadata) => (metadata.format = 'runtimeslicer-heads-9')), 'its format is runtimeslicer-heads-9'],
    ['other features', change((_, metadata) => (metadata.features = '{}')), 'features of another version'],
    ['NaN', spoil('rootCause.basis', Number.NaN), 'rootCause.basis holds a value that is not a finite number'],
    ['half an adapter', change((tensors) => Reflect.deleteProperty(tensors, 'encoder.up')), 'encoder.up has no numbers, 8 are needed'],
    ['detection of features alone', narrowDetection(), 'its detection cannot be read'],
    ['labels below 0', spoil('rootCause.labelled', -1), 'rootCause.labelled holds a count below 0'],
    ['normal labels below 0', spoil('detection.normal', -1), 'detection.normal holds a count below 0'],
    ['odds that are no number', change((_, metadata) => (metadata.detection = '{"oddsWeight":"1"}')), 'its detection cannot be read'],
    ['services that are no list', change((_, metadata) => (metadata.rootCause = '{"services":1,"weight":1}')), 'its causes were labelled'],
    ['a prior below 0', change((_, metadata) => (metadata.rootCause = '{"services":["a","b"],"weight":-1}')), 'its causes were labelled'],
    [
      'more services than labels',
      change((_, metadata) => (metadata.rootCause = '{"services":["a","b","c"],"weight":1}')),
      'rootCause.labelled has 2',
    ],
    ['infinite centroids', spoil('states.centroids', Infinity), 'states.centroids holds a value'],
    [
      'too few weights',
      change((tensors) => (tensors['detection.base'] = { shape: [1, 3], data: new Float32Array(3) })),
      'detection.basis has',
    ],
    ['a basis missing', change((tensors) => Reflect.deleteProperty(tensors, 'rootCause.basis')), 'rootCause.basis has no numbers'],
    [
      'weights for other states',
      change((tensors) => (tensors['detection.mix'] = { shape: [5, 1], data: new Float32Array(5) })),
      'detection.mix is for 5 states, there are 2',
    ],
    [
      'prototypes of another type',
      change((tensors) => (tensors['failureType.prototypes'] = { shape: [1, 9], data: new Float32Array(9) })),
      'failureType.base has',
    ],
    ['halves', change((tensors) => (tensors['detection.base'] = { shape: [2], data: new Uint16Array(2) })), 'detection.base: F16 [2]'],
    [
      'states that are no list',
      change((_, metadata) => (metadata.states = '{"entities":"abc","names":"ab"}')),
      'its states cannot be read',
    ],
    ['no states', change((_, metadata) => Reflect.deleteProperty(metadata, 'states')), ''],
    [
      'more trust in the default head than there is',
      change(
        (_, metadata) =>
          (metadata.failureType =
            '{"types":["a","b"],"novelBelow":0.5,"takenFor":[],"trust":1.5,"unlabelled":{"types":[],"logits":[],"hintWeight":1}}'),
      ),
      'its failure types',
    ],
    [
      'probabilities raised to no power',
      change(
        (_, metadata) =>
          (metadata.failureType =
            '{"types":["a","b"],"novelBelow":0.5,"takenFor":[],"sharpness":0,"unlabelled":{"types":[],"logits":[],"hintWeight":1}}'),
      ),
      'its failure types',
    ],
    [
      'types that nobody labelled with a logit out of range',
      change(
        (_, metadata) =>
          (metadata.failureType =
            '{"types":["a","b"],"novelBelow":0.5,"takenFor":[],"unlabelled":{"types":["c"],"logits":[1e99],"hintWeight":1}}'),
      ),
      'nobody labelled',
    ],
    [
      'types that nobody labelled without their logits',
      change(
        (_, metadata) =>
          (metadata.failureType =
            '{"types":["a","b"],"novelBelow":0.5,"takenFor":[],"unlabelled":{"types":["c"],"logits":[],"hintWeight":1}}'),
      ),
      'nobody labelled',
    ],
    [
      'profiles of fewer types',
      change((tensors) => (tensors['failureType.profiles'] = { shape: [1, 3], data: new Float32Array(3) })),
      'failureType.profiles has',
    ],
    ['types that are no list', change((_, metadata) => (metadata.failureType = '{"types":"ab","novelBelow":0.5}')), 'its failure types'],
    [
      'no threshold of novelty',
      change((_, metadata) => (metadata.failureType = '{"types":["a","b"],"novelBelow":null}')),
      'its failure types',
    ],
    ['another version than its notes', change((_, metadata) => (metadata.version = 'v2')), 'its version is missing'],
    ['no version', change((_, metadata) => Reflect.deleteProperty(metadata, 'version')), 'its version is missing'],
    ['notes that are no JSON', change((_, metadata) => (metadata.notes = '{')), ''],
    ['notes that are null', change((_, metadata) => (metadata.notes = 'null')), ''],
    ['notes of other heads', changeNotes({ heads: ['detection'] }), 'it holds heads [detection, encoder, failure-type, root-cause]'],
    ['notes without a time', changeNotes({ createdNs: null }), 'its notes cannot be read'],
    ['notes with a time that is none', changeNotes({ createdNs: 'noon' }), ''],
    ['notes with a time that no store can keep', changeNotes({ createdNs: '99999999999999999999' }), 'its notes cannot be read'],
    ['notes without scores', changeNotes({ scores: undefined }), 'its notes cannot be read'],
    ['scores that are none', changeNotes({ scores: [{ head: 'detection' }] }), ''],
    ['labels that cannot be counted', changeNotes({ labels: 'many' }), 'its notes cannot be read'],
  ])('with %s are refused, with the name of the file and what to do', (_name, bytes, problem) => {
    let thrown: unknown;
    try {
      decodeHeadFile(bytes, '/there/a.safetensors');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(EngineError);
    const { code, message } = thrown as EngineError;
    expect(code).toBe('bad-argument');
    expect(message).toContain('/there/a.safetensors holds no heads that can be used: ');
    expect(message).toContain(problem);
    expect(message).toMatch(/; export them again, or tune anew$/);
  });

  it('whose version would write over a terminal are refused', () => {
    const { heads, notes } = createHeadFile();
    const version = 'v1\u001b[2J';
    const bytes = encodeHeadFile({ heads: { ...heads, version }, notes: { ...notes, version } });
    expect(() => decodeHeadFile(bytes, 'a')).toThrow('not made of letters, digits and - _ .');
  });
});
