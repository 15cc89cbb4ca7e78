//! Text into a score: one sound after the other, each with its length, pitch and strength.

use super::sound::{Sound, Spoken, spoken};
use super::timbre::Timbre;

/// Ticks of the score in a second; a tick is 4 ms.
pub(super) const TICKS_PER_S: usize = 250;

const VOWEL: u32 = 16;
const CONTINUANT: u32 = 9;
const CLOSURE: u32 = 4;
const BURST: u32 = 5;
const ONSET: u32 = 3;
const NUCLEUS: u32 = 8;
const GAP: u32 = 2;
const COMMA: u32 = 36;
const STOP: u32 = 70;
/// Silence at the end of every text, in which the last sound dies away.
const TAIL: u32 = 10;

/// Ticks before a question mark over which the pitch rises.
const QUESTION: u32 = 60;

/// One stretch of the score.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Note {
    /// What sounds; `None` is silence.
    pub(super) sound: Option<Sound>,
    /// How long, in ticks.
    pub(super) ticks: u32,
    /// Pitch relative to that of the voice.
    pub(super) pitch: f64,
    /// Strength relative to that of the sound.
    pub(super) strength: f64,
}

/// What is to be rendered, in order.
#[derive(Debug)]
pub(super) struct Score {
    notes: Vec<Note>,
    /// Ticks since the last pause: the pitch declines over a phrase.
    phrase: u32,
}

impl Score {
    /// The score of `text` as the voice of `timbre` speaks it.
    pub(super) fn of(text: &str, timbre: &Timbre) -> Self {
        let mut score = Self {
            notes: Vec::with_capacity(text.len() + 1),
            phrase: 0,
        };
        let mut chars = text.chars().enumerate().peekable();
        while let Some((position, c)) = chars.next() {
            let next = chars.peek().map(|&(_, next)| next);
            score.speak(c, spoken(c, next), timbre.variation(position, c), timbre);
        }
        score.rest(TAIL);
        score
    }

    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Length of the whole score in ticks.
    pub(super) fn ticks(&self) -> usize {
        self.notes.iter().map(|note| note.ticks as usize).sum()
    }

    fn speak(&mut self, c: char, spoken: Spoken, variation: f64, timbre: &Timbre) {
        let emphasis = if c.is_uppercase() { 1.06 } else { 1.0 };
        let mut note = |sound: Sound, ticks: u32| {
            let declination = 1.08 - 0.0006 * f64::from(self.phrase.min(300));
            let movement = declination * emphasis * (0.94 + 0.12 * variation) - 1.0;
            self.phrase += ticks;
            self.notes.push(Note {
                sound: Some(sound),
                ticks,
                pitch: 1.0 + movement * timbre.pitch_range,
                strength: 0.9 + 0.2 * variation,
            });
        };
        match spoken {
            Spoken::Mute => {}
            Spoken::Vowel(sound) => note(sound, VOWEL),
            Spoken::Continuant(sound) => note(sound, CONTINUANT),
            Spoken::Plosive(sound) => {
                note(
                    Sound {
                        voicing: 0.2 * sound.voicing,
                        noise: 0.0,
                        ..sound
                    },
                    CLOSURE,
                );
                note(sound, BURST);
            }
            Spoken::Syllable(onset, nucleus) => {
                note(onset, ONSET);
                note(nucleus, NUCLEUS);
            }
            Spoken::Gap => self.rest(GAP),
            Spoken::Comma => self.rest(COMMA),
            Spoken::Stop => self.end_of_sentence(c),
        }
    }

    fn end_of_sentence(&mut self, mark: char) {
        if matches!(mark, '?' | '？' | '؟') {
            self.raise_the_last(QUESTION);
        }
        self.rest(STOP);
        self.phrase = 0;
    }

    fn raise_the_last(&mut self, ticks: u32) {
        let mut before = 0;
        for note in self.notes.iter_mut().rev().take_while(|note| note.ticks < STOP) {
            if before >= ticks {
                break;
            }
            note.pitch *= 1.0 + 0.3 * f64::from(ticks - before) / f64::from(ticks);
            before += note.ticks;
        }
    }

    /// Rests do not add up: a run of them is as long as the longest, so that no text has a long silence inside.
    fn rest(&mut self, ticks: u32) {
        if ticks >= COMMA {
            self.phrase /= 2;
        }
        match self.notes.last_mut() {
            Some(last) if last.sound.is_none() => last.ticks = last.ticks.max(ticks),
            _ => self.notes.push(Note {
                sound: None,
                ticks,
                pitch: 1.0,
                strength: 1.0,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::Model;
    use rstest::rstest;

    fn score(text: &str) -> Score {
        Score::of(text, &Timbre::of("alice", Model::Default))
    }

    fn rests(text: &str) -> Vec<u32> {
        score(text)
            .notes()
            .iter()
            .filter(|note| note.sound.is_none())
            .map(|note| note.ticks)
            .collect()
    }

    #[rstest]
    #[case::words("la la", &[GAP, TAIL])]
    #[case::comma("la, la", &[COMMA, TAIL])]
    #[case::sentences("La. La.", &[STOP, STOP])]
    #[case::a_run_is_as_long_as_its_longest("la ... \n\n , — la", &[STOP, TAIL])]
    #[case::a_decimal("3.5", &[GAP, TAIL])]
    #[case::nothing("", &[TAIL])]
    fn pauses_stand_where_punctuation_stands(#[case] text: &str, #[case] expected: &[u32]) {
        assert_eq!(rests(text), expected);
    }

    #[test]
    fn a_question_ends_higher_than_it_would_as_a_statement() {
        let (question, statement) = (score("You go there?"), score("You go there."));
        let last = question.notes().len() - 2;
        assert!(question.notes()[last].pitch > 1.2 * statement.notes()[last].pitch);
        assert_eq!(question.notes()[0], statement.notes()[0]);
    }

    #[test]
    fn the_pitch_declines_over_a_sentence_and_starts_anew_with_the_next() {
        let score = score("lalalalalalalalalalalalalala. Lalalala");
        let mean = |notes: &[Note]| notes.iter().map(|note| note.pitch).sum::<f64>() / notes.len() as f64;
        let sentences: Vec<&[Note]> = score.notes().split(|note| note.sound.is_none()).collect();
        let (start, end) = (mean(&sentences[0][..8]), mean(&sentences[0][20..]));
        assert!(end < start - 0.08, "from {start} to {end}");
        let anew = mean(&sentences[1][..8]);
        assert!((anew - start).abs() < 0.04, "from {start}, then from {anew}");
    }

    #[test]
    fn every_sound_of_a_voice_varies_with_its_position() {
        let strengths: Vec<f64> = score("aaaa").notes()[..4]
            .iter()
            .map(|note| note.strength)
            .collect();
        assert!(
            strengths.windows(2).all(|pair| pair[0] != pair[1]),
            "{strengths:?}"
        );
    }
}
