// Companions of a family: a role and a file each. They are copied beside the parents, never into them.
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { companionRoles } from '#src/contract/routing/manifest.ts';
import type { NodeOption } from '#src/recipe/node-options.ts';
import type { NodeOf } from '#src/recipe/recipe-schema.ts';
import { pickFile } from '#renderer/stores/picker-store.ts';
import { Button, IconButton } from '#renderer/ui/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice.tsx';
import { Select } from '#renderer/ui/select.tsx';
import { TextInput } from '#renderer/ui/text-input.tsx';
import { setFields } from './canvas-actions.ts';
import { reasonOf } from './reason-of.ts';
import css from './inspector.module.css';
import { writtenPath } from './recipe-folder.ts';

type Companion = NonNullable<NodeOf<'family'>['companions']>[number];

const roleWords: Readonly<Record<Companion['role'], string>> = {
  emotion: 'Emotion',
  asr: 'Speech to text',
  tts: 'Text to speech',
  vocoder: 'Vocoder',
  mmproj: 'Projector',
};
const roles = companionRoles.map((role) => ({ value: role, label: roleWords[role] }));

export function CompanionsField({ node, option }: { node: NodeOf<'family'>; option: NodeOption }) {
  const companions = node.companions ?? [];
  const [refused, setRefused] = useState<string | undefined>();
  const write = (next: readonly Companion[]) => {
    try {
      setFields(node.id, { companions: next.length === 0 ? undefined : next }, option.label);
      setRefused(undefined);
    } catch (error) {
      setRefused(reasonOf(error));
    }
  };
  const change = (index: number, companion: Companion) =>
    write(companions.map((one, at) => (at === index ? companion : one)));
  const add = async () => {
    const file = await pickFile('any', 'Choose a companion model');
    if (file === undefined) return;
    const free = companionRoles.find((role) => companions.every((one) => one.role !== role));
    write([...companions, { role: free ?? 'emotion', path: writtenPath(file) }]);
  };
  return (
    <section className={css.group}>
      <h3 className="label">{option.label}</h3>
      {companions.map((companion, index) => (
        // Companions have no name but their place: two may have one role.
        <div key={index} className={css.rule}>
          <Select
            label={`Role ${index + 1}`}
            value={companion.role}
            options={roles}
            onChange={(role) => change(index, { ...companion, role: role })}
          />
          <TextInput
            mono
            label={`File ${index + 1}`}
            value={companion.path}
            onChange={(path) => {
              if (path !== '') change(index, { ...companion, path });
            }}
          />
          <IconButton
            label={`Remove ${roleWords[companion.role]}`}
            onClick={() => write(companions.filter((_, at) => at !== index))}
          >
            <X aria-hidden="true" />
          </IconButton>
        </div>
      ))}
      <Button
        variant="quiet"
        className={css.more}
        icon={<Plus aria-hidden="true" />}
        onClick={() => void add()}
      >
        Add a companion
      </Button>
      {refused !== undefined && <ErrorNotice error={{ message: refused }} />}
      <p className={css.text}>{option.description}</p>
    </section>
  );
}
