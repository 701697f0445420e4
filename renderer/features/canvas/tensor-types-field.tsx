// Types of single tensors: patterns and types in order, the first match wins.
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import type { NodeOption } from '#src/recipe/node-options.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { ggmlTypes } from '#src/tensors/ggml-types.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { setFields } from './canvas-actions.ts';
import css from './inspector.module.css';

type Rule = NodeOf<'quantize'>['tensorTypes'][number];

const types = Object.entries(ggmlTypes)
  .filter(([, { kind }]) => kind !== 'integer')
  .map(([name]) => ({ value: name, label: name }));

export function TensorTypesField({
  node,
  option,
}: {
  node: NodeOf<'quantize'>;
  option: NodeOption;
}) {
  /** A rule that is being begun; it joins the recipe once it has a pattern. */
  const [fresh, setFresh] = useState(false);
  const rules = node.tensorTypes;
  const write = (next: readonly Rule[]) =>
    setFields(node.id, { tensorTypes: next.length === 0 ? undefined : next }, option.label);
  const change = (index: number, rule: Rule) =>
    write(rules.map((one, at) => (at === index ? rule : one)));
  return (
    <section className={css.group}>
      <h3 className="label">{option.label}</h3>
      {rules.map((rule, index) => (
        // Rules have no name but their place.
        <div key={index} className={css.rule}>
          <TextInput
            mono
            label={`Pattern ${index + 1}`}
            value={rule.pattern}
            onChange={(pattern) => {
              if (pattern !== '') change(index, { ...rule, pattern });
            }}
          />
          <Select
            label={`Type ${index + 1}`}
            value={rule.type}
            options={types}
            onChange={(type) => change(index, { ...rule, type: type as Rule['type'] })}
          />
          <IconButton
            label={`Remove ${rule.pattern}`}
            onClick={() => write(rules.filter((_, at) => at !== index))}
          >
            <X aria-hidden="true" />
          </IconButton>
        </div>
      ))}
      {fresh ? (
        <div className={css.rule}>
          <TextInput
            mono
            label="New pattern"
            placeholder="attn_v"
            autoFocus
            value=""
            onChange={(pattern) => {
              setFresh(false);
              write([...rules, { pattern, type: 'Q6_K' }]);
            }}
            onBlur={() => setFresh(false)}
          />
        </div>
      ) : (
        <Button
          variant="quiet"
          className={css.more}
          icon={<Plus aria-hidden="true" />}
          onClick={() => setFresh(true)}
        >
          Add an override
        </Button>
      )}
      <p className={css.text}>{option.description}</p>
    </section>
  );
}
