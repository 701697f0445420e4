// Which words name which feeling. AFINN says how good or bad a word is, not what is felt; these lists, our own, tell sad, angry
// and anxious apart. Feelings only, no causes: "cancer" is a bad word and no emotion.

/** Sadness, loss, being alone, having given up. */
export const sadWords =
  words(`sad sadly sadness unhappy miserable depressed depressing down heartbroken heartbreaking
  broken hopeless hopelessness despair despairing grief grieving grieve mourning mourn lonely loneliness alone abandoned
  cry crying cried tears tearful weep weeping sorrow sorrowful gloomy devastated crushed hurt disappointed disappointing
  disappointment discouraged defeated worthless useless helpless empty numb lost miss missing regret regretful ashamed
  guilty exhausted drained melancholy homesick inconsolable sobbing died passed unloved rejected`);

/** Anger, from being annoyed to rage. */
export const angryWords =
  words(`angry angrily anger mad furious fury rage raging outraged outrageous outrage livid irate
  annoyed annoying annoys irritated irritating frustrated frustrating frustration infuriating infuriated pissed hate hated
  hates hating despise disgusted disgusting disgusts unacceptable ridiculous stupid idiotic idiot idiots damn damned hell
  crap sucks terrible awful horrible worst unfair fed sick scam cheated lied lying liar betrayed resent resentful insulting
  insulted rude incompetent pathetic nonsense bullshit wtf enraged aggravating intolerable`);

/** Worry and fear, for now or for what comes. */
export const anxiousWords =
  words(`anxious anxiety anxiously worried worry worries worrying nervous nervously afraid scared
  scary frightened frightening fear fears fearful fearing terrified terrifying panic panicking panicked panicky dread
  dreading stressed stress stressful overwhelmed overwhelming uneasy restless tense alarmed alarming concerned desperate
  desperately insecure unsure paranoid shaking trembling sleepless helpless urgent emergency apprehensive petrified
  distressed distress freaking freaked worrisome`);

/** Joy and thanks that AFINN scores low or does not have. */
export const positiveWords =
  words(`thanks thank thankful grateful appreciate appreciated yay woohoo hurray hooray glad
  happy happily delighted thrilled excited exciting wonderful fantastic amazing awesome brilliant excellent perfect lovely
  love loved loving joy joyful cheerful relieved proud hopeful ecstatic blessed superb marvelous great enjoyed enjoying`);

/** Bad or good by AFINN, but in a request mostly what it is about or how it is asked. */
export const mutedWords =
  words(`good better best like likes help helps helping helpful please want wants interest
  interested interesting interests win won winning winner nice cool rich fair smart strong true clear sure ok okay fun funny
  friendly fine top success successful united kind care healthy safe safely save saved saving savings gain gains growth
  profit bonus benefit benefits credit trust support best-known hero heroes peace freedom justice treasure comedy joke jokes
  positive winning festive celebrate party gift beauty beautiful beautifully`);

/** "not", "never": what follows within three words is turned round. */
export const negations =
  words(`not no never none nobody nothing neither nor cannot without hardly barely scarcely
  don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't couldn't shouldn't hasn't haven't hadn't ain't
  dont doesnt didnt isnt arent wasnt cant wont`);

/** What makes the next word weigh more. */
export const intensifiers =
  words(`very so really extremely totally absolutely completely incredibly terribly deeply utterly
  too such`);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
