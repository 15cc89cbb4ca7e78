//! Where sentences end.

use rstest::rstest;

use super::super::normal::paragraphs;
use super::super::sentence::sentences;

/// The sentences of a text, joined by a bar.
fn barred(text: &str) -> String {
    let paragraphs = paragraphs(text);
    paragraphs
        .iter()
        .flat_map(|paragraph| sentences(paragraph))
        .collect::<Vec<_>>()
        .join("|")
}

#[rstest]
#[case::plain("One. Two! Three? Four", "One.|Two!|Three?|Four")]
#[case::title("I met Dr. Who and Mr. X. They left.", "I met Dr. Who and Mr. X.|They left.")]
#[case::titles_in_a_row(
    "Prof. Dr. Smith spoke. Rev. Jones sang.",
    "Prof. Dr. Smith spoke.|Rev. Jones sang."
)]
#[case::title_behind_a_bracket("Ask (Dr. Who) now. Go.", "Ask (Dr. Who) now.|Go.")]
#[case::title_with_hyphen("The Lt.-Gen. Smith came. We left.", "The Lt.-Gen. Smith came.|We left.")]
#[case::for_example("Go to a city, e.g. Berlin. Or stay.", "Go to a city, e.g. Berlin.|Or stay.")]
#[case::that_is("The capital, i.e. Paris. Yes.", "The capital, i.e. Paris.|Yes.")]
#[case::versus(
    "Smith vs. Jones was heard. It ended.",
    "Smith vs. Jones was heard.|It ended."
)]
#[case::court_case("Roe v. Wade was decided. It stood.", "Roe v. Wade was decided.|It stood.")]
#[case::and_so_on_within("Apples, pears, etc. are fruit. Yes.", "Apples, pears, etc. are fruit.|Yes.")]
#[case::and_so_on_at_the_end("Apples, pears, etc. Then we ate.", "Apples, pears, etc.|Then we ate.")]
#[case::and_so_on_before_a_comma("Apples etc., and pears. Yes.", "Apples etc., and pears.|Yes.")]
#[case::number_sign("See No. 5, Part B. It ends.", "See No. 5, Part B.|It ends.")]
#[case::no_as_a_word("He said no. Alice left.", "He said no.|Alice left.")]
#[case::no_as_a_sentence("No. I will not.", "No.|I will not.")]
#[case::volume_in_roman("It is in Vol. II. Read it.", "It is in Vol. II.|Read it.")]
#[case::figure(
    "As Fig. 3 shows. See p. 12, Table 4.",
    "As Fig. 3 shows.|See p. 12, Table 4."
)]
#[case::date("On Jan. 5, 2020. The day after.", "On Jan. 5, 2020.|The day after.")]
#[case::initials(
    "J. R. R. Tolkien wrote it. C.S. Lewis read it.",
    "J. R. R. Tolkien wrote it.|C.S. Lewis read it."
)]
#[case::initials_in_cyrillic("А. С. Пушкин родился. Он писал.", "А. С. Пушкин родился.|Он писал.")]
#[case::letter_at_the_end("Take vitamin C. It helps.", "Take vitamin C.|It helps.")]
#[case::country(
    "The U.S. Senate met. In the U.S. It rained.",
    "The U.S. Senate met.|In the U.S.|It rained."
)]
#[case::degree("Ann Lee, Ph.D. Smith, M.Sc. and co.", "Ann Lee, Ph.D. Smith, M.Sc. and co.")]
#[case::time_of_day("At 5 p.m. The bell rang.", "At 5 p.m.|The bell rang.")]
#[case::company(
    "Foo Inc. Magazine sold. At Foo Inc. They sold.",
    "Foo Inc. Magazine sold.|At Foo Inc.|They sold."
)]
#[case::company_before_a_quote("He left Foo Inc. “They sold.” Yes.", "He left Foo Inc.|“They sold.”|Yes.")]
#[case::decimals("Pi is 3.14159. E is 2.718.", "Pi is 3.14159.|E is 2.718.")]
#[case::version(
    "Use v1.2.3-rc.1 now. Version 2.0. Out.",
    "Use v1.2.3-rc.1 now.|Version 2.0.|Out."
)]
#[case::address(
    "See https://example.com/a.B?q=1!x&r=É#top. Or www.Example.Com. Bye.",
    "See https://example.com/a.B?q=1!x&r=É#top.|Or www.Example.Com.|Bye."
)]
#[case::mail_and_file(
    "Mail a.B@example.Com or read Main.Rs. Bye.",
    "Mail a.B@example.Com or read Main.Rs.|Bye."
)]
#[case::name_with_a_dot_at_the_end("Read foo.bar. Alice left.", "Read foo.bar.|Alice left.")]
#[case::footnote("It ends.[1] It goes on. Yes.", "It ends.[1] It goes on.|Yes.")]
#[case::enumeration("1. First do this. 2. Then Do that.", "1. First do this.|2. Then Do that.")]
#[case::enumeration_by_letters("(a. First this.) B. Then that.", "(a. First this.)|B. Then that.")]
#[case::enumeration_in_brackets("(1. First this.) 2. Then That.", "(1. First this.)|2. Then That.")]
#[case::enumeration_in_roman("IV. The fourth. V. The fifth.", "IV. The fourth.|V. The fifth.")]
#[case::year_at_the_end("It was 1990. We won.", "It was 1990.|We won.")]
#[case::quote_closes("He said \"Go.\" Then he left.", "He said \"Go.\"|Then he left.")]
#[case::curly_quote_closes("He said “Go.” Then he left.", "He said “Go.”|Then he left.")]
#[case::quote_goes_on("“Stop!” he said. “Why?” she asked.", "“Stop!” he said.|“Why?” she asked.")]
#[case::quote_goes_on_in_a_bracket("“Stop!” (he said) and left. Yes.", "“Stop!” (he said) and left.|Yes.")]
#[case::straight_quote_goes_on(
    "\"Stop!\" he said. \"Now!\" She ran.",
    "\"Stop!\" he said.|\"Now!\"|She ran."
)]
#[case::bracket_closes(
    "It rained. (It always does.) We stayed.",
    "It rained.|(It always does.)|We stayed."
)]
#[case::bracket_goes_on(
    "It rained (really!) and snowed. Yes.",
    "It rained (really!) and snowed.|Yes."
)]
#[case::nested_closers("(He said “Go.”) Then.", "(He said “Go.”)|Then.")]
#[case::guillemets_with_spaces(
    "« Oui ! » dit-il. « Non ! » Il part.",
    "« Oui ! » dit-il.|« Non ! »|Il part."
)]
#[case::guillemet_with_space_at_the_end("Oui. « Non ! »", "Oui.|« Non ! »")]
#[case::guillemets_open("Il part. « Oui », dit-il.", "Il part.|« Oui », dit-il.")]
#[case::german_quotes(
    "Er rief: „Halt!“ Dann ging er. »Ja!« Gut.",
    "Er rief: „Halt!“|Dann ging er.|»Ja!«|Gut."
)]
#[case::ellipsis_goes_on("Well... maybe. Wait… no.", "Well... maybe.|Wait… no.")]
#[case::ellipsis_before_i("Well... I think… I'm sure. Yes.", "Well... I think… I'm sure.|Yes.")]
#[case::ellipsis_ends(
    "He left... The end. She slept… Then day came.",
    "He left...|The end.|She slept…|Then day came."
)]
#[case::spaced_ellipsis("And so . . . it ends. Yes.", "And so . . . it ends.|Yes.")]
#[case::many_marks("What?! No!!! Yes...", "What?!|No!!!|Yes...")]
#[case::lower_case("hello! how are you? i am fine.", "hello!|how are you?|i am fine.")]
#[case::german_abbreviations("Das ist z.B. Wasser, d.h. Eis. Gut.", "Das ist z.B. Wasser, d.h. Eis.|Gut.")]
#[case::german_date("Am 3. Oktober 1990. Danach.", "Am 3. Oktober 1990.|Danach.")]
#[case::spanish(
    "¿Qué tal? ¡Bien! La Sra. López vino.",
    "¿Qué tal?|¡Bien!|La Sra. López vino."
)]
#[case::russian("Т.е. Москва. Да.", "Т.е. Москва.|Да.")]
#[case::greek("Καλημέρα. Τι κάνεις;", "Καλημέρα.|Τι κάνεις;")]
#[case::chinese("你好。世界！真的吗？是的。", "你好。|世界！|真的吗？|是的。")]
#[case::chinese_quotes("他说：“你好。”然后走了。", "他说：“你好。”|然后走了。")]
#[case::chinese_quotes_in_a_row("“你好。”“再见！”", "“你好。”|“再见！”")]
#[case::chinese_brackets("你好。（注：好。）完。", "你好。|（注：好。）|完。")]
#[case::japanese_quotes_in_a_row("「行く。」「雨だ！」『え？』", "「行く。」|「雨だ！」|『え？』")]
#[case::chinese_with_ascii_marks("你好!世界?是的.", "你好!|世界?|是的.")]
#[case::japanese("「行く。」と言った。雨だ！", "「行く。」|と言った。|雨だ！")]
#[case::full_width_decimals("値は３．１４です。次。", "値は３．１４です。|次。")]
#[case::korean("안녕하세요. 반갑습니다! 네.", "안녕하세요.|반갑습니다!|네.")]
#[case::arabic("كيف حالك؟ أنا بخير. شكرا.", "كيف حالك؟|أنا بخير.|شكرا.")]
#[case::arabic_title("جاء د. أحمد اليوم. نعم.", "جاء د. أحمد اليوم.|نعم.")]
#[case::urdu("یہ کتاب ہے۔ وہ قلم ہے۔", "یہ کتاب ہے۔|وہ قلم ہے۔")]
#[case::hindi("यह एक है। वह दो है॥ डॉ. राम आए।", "यह एक है।|वह दो है॥|डॉ. राम आए।")]
#[case::hebrew("שלום עולם. מה נשמע? טוב.", "שלום עולם.|מה נשמע?|טוב.")]
#[case::armenian("Բարեւ։ Ինչպես ես։", "Բարեւ։|Ինչպես ես։")]
#[case::amharic("ሰላም። እንዴት ነህ፧", "ሰላም።|እንዴት ነህ፧")]
#[case::burmese("မင်္ဂလာပါ။ နေကောင်းလား။", "မင်္ဂလာပါ။|နေကောင်းလား။")]
#[case::thai("สวัสดีครับ พ.ศ. 2567 นี้", "สวัสดีครับ พ.ศ. 2567 นี้")]
#[case::blank_line_ends("A heading\n\nthen a text\n \t\nand more", "A heading|then a text|and more")]
#[case::paragraph_separator_ends("one\u{2029}two", "one|two")]
#[case::line_break_does_not_end("a hard-wrapped\nline\r\ngoes on. Yes.", "a hard-wrapped line goes on.|Yes.")]
fn a_sentence_ends_where_it_should(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(barred(text), expected);
}

#[test]
fn a_boundary_is_found_in_every_stretch_of_a_long_paragraph() {
    let sentence = |index: usize| format!("Sentence {index} of “Dr. Who.”");
    let expected: Vec<String> = (0..1000).map(sentence).collect();
    assert_eq!(barred(&expected.join(" ")), expected.join("|"));
}

#[test]
fn a_boundary_near_the_end_of_a_stretch_is_found() {
    for (letter, close) in [("a", ". "), ("a", ".” "), ("語", "。"), ("語", "。」")] {
        for letters in (1000 / letter.len())..=(1050 / letter.len()) {
            let first = format!("{}{close}", letter.repeat(letters));
            assert_eq!(
                barred(&format!("{first}Next.")),
                format!("{}|Next.", first.trim()),
                "{letters} {letter}"
            );
        }
    }
}

#[test]
fn a_sentence_longer_than_a_stretch_is_not_torn() {
    for unit in ["word, ", "言葉、", "(((", "..."] {
        let long = unit.repeat(2000);
        let text = format!("{}end. Next one.", long);
        assert_eq!(barred(&text), format!("{long}end.|Next one."), "{unit}");
    }
}
