// What changes when the user is sad, angry, anxious or glad: a sentence behind the system prompt, another temperature. One
// switch turns all of it off.
import {
  emotionLabels,
  type EmotionLabel,
  type RouterManifest,
  type Tone,
} from '#src/contract/routing/manifest.ts';
import { Button } from '#renderer/ui/button.tsx';
import { TextArea } from '#renderer/ui/text-input.tsx';
import { isEmotionOn, withProperty, withTone } from '../logic/edit-manifest.ts';
import { switchEmotionTo } from '../state/router-edits.ts';
import { SamplingFields } from './sampling-fields.tsx';
import css from './edit.module.css';

type Tones = Partial<Record<EmotionLabel, Tone>>;

export interface TonesFieldsProps {
  manifest: RouterManifest;
  tones: Tones | undefined;
  onChange: (tones: Tones | undefined) => void;
  /** What holds for an emotion without a tone of its own. */
  general?: boolean;
}

export function TonesFields({ manifest, tones, onChange, general = false }: TonesFieldsProps) {
  const on = isEmotionOn(manifest);
  return (
    <section className={css.group} aria-label={general ? 'Tones of every route' : 'Tones'}>
      <h3 className="label">{general ? 'Tones of every route' : 'Tones'}</h3>
      {!on && (
        <p className={css.text}>
          Emotion is off: nothing is detected, and no tone is used.{' '}
          <Button variant="quiet" onClick={() => switchEmotionTo(true)}>
            Turn it on
          </Button>
        </p>
      )}
      <div className={css.tones} data-off={!on || undefined}>
        {emotionLabels.map((label) => (
          <ToneFields
            key={label}
            label={label}
            tone={tones?.[label]}
            onChange={(tone) => onChange(withTone(tones, label, tone))}
          />
        ))}
      </div>
    </section>
  );
}

interface ToneFieldsProps {
  label: EmotionLabel;
  tone: Tone | undefined;
  onChange: (tone: Tone | undefined) => void;
}

function ToneFields({ label, tone = {}, onChange }: ToneFieldsProps) {
  const facts = [
    ...(tone.systemPrompt === undefined ? [] : ['prompt']),
    ...Object.entries(tone.sampling ?? {}).map(([name, value]) => `${name} ${value}`),
  ];
  return (
    <details className={css.tone}>
      <summary>
        <span>{label}</span>
        <span className={css.muted}>{facts.length === 0 ? 'as usual' : facts.join(', ')}</span>
      </summary>
      <div className={css.toneFields}>
        <TextArea
          label={`When ${label}: system prompt`}
          placeholder="Put behind the system prompt"
          rows={2}
          value={tone.systemPrompt ?? ''}
          onChange={(value) =>
            onChange(withProperty(tone, 'systemPrompt', value === '' ? undefined : value))
          }
        />
        <SamplingFields
          owner={`When ${label}`}
          only={['temperature', 'topP', 'maxTokens']}
          sampling={tone.sampling}
          onChange={(sampling) => onChange(withProperty(tone, 'sampling', sampling))}
        />
      </div>
    </details>
  );
}
