import { describe, expect, it } from 'vitest';
import {
  arrayField,
  booleanField,
  integerField,
  jsonField,
  objectField,
  stringField,
} from '#src/formats/huggingface/json.ts';

const object = {
  text: 'a',
  count: 3,
  part: 1.5,
  list: [1],
  flag: false,
  inner: { x: 1 },
  nothing: null,
};

describe('fields of untrusted JSON', () => {
  it('are given when they have the type asked for', () => {
    expect(stringField(object, 'text')).toBe('a');
    expect(integerField(object, 'count')).toBe(3);
    expect(arrayField(object, 'list')).toEqual([1]);
    expect(booleanField(object, 'flag')).toBe(false);
    expect(objectField(object, 'inner')).toEqual({ x: 1 });
    expect(jsonField(object, 'nothing')).toBeNull();
  });

  it('are absent when they have another type', () => {
    expect(stringField(object, 'count')).toBeUndefined();
    expect(integerField(object, 'part')).toBeUndefined();
    expect(arrayField(object, 'text')).toEqual([]);
    expect(booleanField(object, 'nothing')).toBeUndefined();
    expect(objectField(object, 'list')).toBeUndefined();
  });

  it('are never inherited', () => {
    expect(jsonField(object, 'toString')).toBeUndefined();
    expect(jsonField(object, 'constructor')).toBeUndefined();
    expect(jsonField('text', 'length')).toBeUndefined();
    expect(jsonField([1], 'length')).toBeUndefined();
  });
});
