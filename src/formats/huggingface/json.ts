// Typed access to parsed but untrusted JSON. Every reader of Hugging Face files goes through these functions, so that a
// field is either absent or has the type that the reader expects, and inherited properties are never seen.

export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonObject = Readonly<Record<string, JsonValue>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own property `name`, or undefined: an absent field and an inherited one look the same. */
export function jsonField(object: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** A field that is an object, or undefined. */
export function objectField(object: JsonValue | undefined, name: string): JsonObject | undefined {
  const value = jsonField(object, name);
  return isJsonObject(value) ? value : undefined;
}

/** A field that is a string, or undefined. */
export function stringField(object: JsonValue | undefined, name: string): string | undefined {
  const value = jsonField(object, name);
  return typeof value === 'string' ? value : undefined;
}

/** A field that is a boolean, or undefined. */
export function booleanField(object: JsonValue | undefined, name: string): boolean | undefined {
  const value = jsonField(object, name);
  return typeof value === 'boolean' ? value : undefined;
}

/** A field that is an integer that a double holds exactly, or undefined. */
export function integerField(object: JsonValue | undefined, name: string): number | undefined {
  const value = jsonField(object, name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** A field that is an array; empty when absent or of another type. */
export function arrayField(object: JsonValue | undefined, name: string): readonly JsonValue[] {
  const value = jsonField(object, name);
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}
