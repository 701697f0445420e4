// One option of a node as a control. What is typed is kept here while the recipe refuses it, with the reason; the recipe
// itself never becomes invalid by typing.
import { useState } from 'react';
import type { NodeOption } from '#src/recipe/node-options.ts';
import type { RecipeNode } from '#src/recipe/recipe-schema.ts';
import { Button } from '#renderer/ui/button.tsx';
import { Field } from '#renderer/ui/field.tsx';
import { NumberInput } from '#renderer/ui/number-input.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { Slider } from '#renderer/ui/slider.tsx';
import { Switch } from '#renderer/ui/switch.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { pickFile, pickFiles } from '#renderer/stores/picker-store.ts';
import { setFields, setMethod } from './canvas-actions.ts';
import css from './inspector.module.css';
import { CompanionsField } from './companions-field.tsx';
import { methodNames } from './node-text.ts';
import { writtenPath } from './recipe-folder.ts';
import { reasonOf } from './reason-of.ts';
import { TensorTypesField } from './tensor-types-field.tsx';

export interface FieldControlProps {
  node: RecipeNode;
  option: NodeOption;
}

export function FieldControl({ node, option }: FieldControlProps) {
  const [refused, setRefused] = useState<{ typed: string; reason: string } | undefined>();
  const value = (node as unknown as Readonly<Record<string, unknown>>)[option.field];
  const set = (next: unknown, typed = '') => {
    try {
      setFields(node.id, { [option.field]: next }, option.label);
      setRefused(undefined);
    } catch (error) {
      setRefused({ typed, reason: reasonOf(error) });
    }
  };
  /** Texts take the place of a file, with what belonged to its content. */
  const setTexts = (next: unknown, typed = '') => {
    const other = next === undefined ? {} : { path: undefined };
    const fields = { texts: next, sha256: undefined, textsSha256: undefined, ...other };
    try {
      setFields(node.id, fields, option.label);
      setRefused(undefined);
    } catch (error) {
      setRefused({ typed, reason: reasonOf(error) });
    }
  };
  const field = (control: React.ReactNode, inline = false) => (
    <Field label={option.label} hint={option.description} error={refused?.reason} inline={inline}>
      {control}
    </Field>
  );
  switch (option.kind) {
    case 'flag':
      return field(
        <Switch
          checked={value === true}
          onChange={(on) => set(on === (option.default ?? false) ? undefined : on)}
        />,
        true,
      );
    case 'choice':
      return field(<ChoiceControl node={node} option={option} value={value} onChange={set} />);
    case 'integer':
    case 'number':
      if (option.field === 'scale' || option.field === 'density') {
        return field(
          <Slider
            label={option.label}
            value={typeof value === 'number' ? value : 0.5}
            minimum={option.field === 'scale' ? Math.min(0, Number(value)) : 0.05}
            maximum={option.field === 'scale' ? Math.max(2, Number(value)) : 1}
            step={0.05}
            onChange={(next) => set(Number(next.toFixed(4)))}
          />,
        );
      }
      return field(
        <NumberInput
          value={typeof value === 'number' ? value : undefined}
          onChange={(next) => set(next)}
          {...(option.optional ? { onClear: () => set(undefined) } : {})}
          minimum={option.minimum}
          maximum={option.maximum}
          step={option.kind === 'integer' ? 1 : 0.01}
          whole={option.kind === 'integer'}
        />,
      );
    case 'tensor-types':
      return node.kind === 'quantize' ? <TensorTypesField node={node} option={option} /> : null;
    case 'layers':
    case 'names':
      return field(
        <TextInput
          mono
          value={refused?.typed ?? (Array.isArray(value) ? value.join(', ') : '')}
          onChange={(text) => set(listOf(text, option.kind === 'layers'), text)}
        />,
      );
    case 'paths':
      return field(
        <span className={css.row}>
          <TextInput
            mono
            value={refused?.typed ?? (Array.isArray(value) ? value.join(', ') : '')}
            onChange={(text) => setTexts(listOf(text, false), text)}
          />
          <Button
            onClick={() =>
              void pickFiles('any', 'Choose calibration texts').then((files) => {
                if (files.length > 0) setTexts(files.map(writtenPath));
              })
            }
          >
            Choose…
          </Button>
        </span>,
      );
    case 'companions':
      return node.kind === 'family' ? <CompanionsField node={node} option={option} /> : null;
    case 'file':
      return field(
        <span className={css.row}>
          <TextInput
            mono
            value={refused?.typed ?? textOf(value)}
            onChange={(text) => set(text === '' && option.optional ? undefined : text, text)}
          />
          <Button
            onClick={() =>
              void pickFile('any', `Choose the ${option.label.toLowerCase()}`).then((file) => {
                if (file !== undefined) set(writtenPath(file));
              })
            }
          >
            Choose…
          </Button>
        </span>,
      );
    case 'path':
      return field(
        <span className={css.row}>
          <TextInput
            mono
            value={refused?.typed ?? textOf(value)}
            onChange={(text) => set(text === '' && option.optional ? undefined : text, text)}
          />
          <Button
            onClick={() =>
              void pickFile('output-folder', 'Choose an output folder').then((folder) => {
                if (folder !== undefined) set(writtenPath(folder));
              })
            }
          >
            Choose…
          </Button>
        </span>,
      );
    case 'text':
      return field(
        <TextInput
          value={refused?.typed ?? textOf(value)}
          onChange={(text) => set(text === '' && option.optional ? undefined : text, text)}
        />,
      );
    case 'levels':
      // Drawn with sizes by inspect-levels.tsx.
      return null;
  }
}

interface ChoiceControlProps {
  node: RecipeNode;
  option: NodeOption;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** Without a default of its own a choice may also stay open: then the level decides. */
const open = 'level’s own';

function ChoiceControl({ node, option, value, onChange }: ChoiceControlProps) {
  const choices = (option.choices ?? []).map((choice) => ({
    value: choice,
    label: option.field === 'method' ? methodNames[choice as keyof typeof methodNames] : choice,
  }));
  const mayBeOpen = option.optional && option.default === undefined;
  return (
    <Select
      value={typeof value === 'string' ? value : open}
      options={mayBeOpen ? [{ value: open, label: open }, ...choices] : choices}
      onChange={(next) => {
        if (node.kind === 'merge' && option.field === 'method') {
          setMethod(node.id, next as 'sum' | 'ties' | 'dare');
        } else onChange(next === open ? undefined : next);
      }}
    />
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `0, 3, 5` as numbers, or names as they are; what is no number stays a text, so that the recipe says what is wrong. */
function listOf(text: string, numbers: boolean): unknown {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return undefined;
  return numbers ? parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part)) : parts;
}
