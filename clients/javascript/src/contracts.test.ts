/** The published documents: the AsyncAPI document is one, and the JSON Schema takes what the server takes. */

import specification from "@asyncapi/specs/schemas/3.0.0-without-$id.json";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020";
import { describe, expect, it } from "vitest";

import asyncapi from "../../../docs/protocol/asyncapi.json";
import schema from "../../../docs/protocol/frames.schema.json";
import { GOLDEN, INVALID } from "../testing/golden.ts";

const options = { strict: false, validateFormats: false, allErrors: true };
const frames = new Ajv2020(options).addSchema(schema, "frames");

function errorsOf(definition: string, frame: unknown): unknown {
  const validate = frames.getSchema(`frames#/$defs/${definition}`);
  if (validate === undefined) throw new Error(`no definition ${definition}`);
  return validate(frame) === true ? null : validate.errors;
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

it("the AsyncAPI document satisfies the specification's own schema", () => {
  const validate = new Ajv(options).compile(specification);
  validate(asyncapi);
  expect(validate.errors ?? []).toEqual([]);
});

it("the specification's schema can say no", () => {
  const validate = new Ajv(options).compile(specification);
  expect(validate({ ...asyncapi, operations: { x: { action: "shout" } } })).toBe(false);
});

describe("the AsyncAPI document", () => {
  const { messages, schemas } = asyncapi.components;
  const payloads = new Ajv2020(options).addSchema({ components: { schemas } }, "asyncapi");
  const cases = Object.entries(messages).flatMap(([name, message]) =>
    message.examples.map(({ payload }: { payload: unknown }, index) => ({ name, index, payload })),
  );

  it.each(cases)("shows a $name ($index) that its own schema takes", ({ name, payload }) => {
    const validate = payloads.getSchema(`asyncapi#/components/schemas/${name}`)!;
    void validate(payload);
    expect(validate.errors ?? []).toEqual([]);
  });

  it("has a reply to every command, and no message without an example", () => {
    const received = Object.values(asyncapi.operations).filter((it) => it.action === "receive");
    expect(received.filter((it) => !("reply" in it))).toEqual([]);
    expect(cases.filter(({ index }) => index === 0)).toHaveLength(Object.keys(messages).length);
  });
});

describe("the JSON Schema", () => {
  const sent = GOLDEN.filter((it) => /^(?:acks|events|errors)\/|^lists\/replies/u.test(it.kind));
  const received = GOLDEN.filter((it) => /^commands\/|^lists\/commands/u.test(it.kind));

  it.each(sent)("takes $kind: $about", ({ frame }) => {
    expect(errorsOf("ServerFrame", frame)).toBeNull();
  });

  it.each(received)("takes $kind: $about", ({ frame }) => {
    expect(errorsOf("ClientFrame", frame)).toBeNull();
  });

  it.each(INVALID)("refuses what the server refuses: $about", ({ text }) => {
    expect(errorsOf("ClientFrame", parse(text))).not.toBeNull();
  });
});
