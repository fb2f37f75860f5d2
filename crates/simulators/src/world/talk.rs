//! What is said in a call: varied, plausible conversations from a bank of phrases.

use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::people::Language;

/// What a caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A new appointment.
    Booking,
    /// What something costs.
    Pricing,
    /// Another time for an appointment.
    Reschedule,
    /// Help with something that went wrong.
    Support,
    /// Nothing: the caller hangs up at once.
    HangUp,
}

/// One conversation, kept as the seed it is spoken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Talk {
    /// What it is about.
    pub topic: Topic,
    /// In which language.
    pub language: Language,
    /// Equal seeds say equal words.
    pub seed: u64,
    /// About how long the transcript is.
    pub bytes: usize,
}

const GREETINGS: [&str; 4] = [
    "Thank you for calling, this is the virtual assistant. How can I help you today?",
    "Hi there! You've reached our front desk. What can I do for you?",
    "Hello, thanks for calling. This call may be recorded. How may I help?",
    "Good day! How can I help you?",
];
const SALUDOS: [&str; 3] = [
    "Gracias por llamar. ¿En qué puedo ayudarle hoy?",
    "¡Hola! Habla la asistente virtual. ¿Cómo le puedo ayudar?",
    "Buenos días, ¿en qué le puedo servir?",
];
const BOT: [&str; 18] = [
    "Of course, let me check that for you.",
    "May I have your first and last name, please?",
    "Thanks. And what is the best number to reach you?",
    "I have an opening on Tuesday at ten thirty or Thursday at two. Which works better?",
    "Perfect, I've noted that down.",
    "Just to confirm, you'd like us to call you back this afternoon, correct?",
    "Our office is open Monday through Friday, eight to six.",
    "I'm sorry to hear that. When did the problem start?",
    "A member of our team will follow up within one business day.",
    "Could you spell that for me, please?",
    "Is there anything else I can help you with?",
    "The first visit usually takes about forty-five minutes.",
    "I can send you a text message with the details, would that be okay?",
    "Great. Have you been with us before?",
    "We accept most major plans, and I can have someone verify yours.",
    "The usual range is between one hundred and two hundred fifty dollars, depending on the work.",
    "No problem at all, take your time.",
    "I didn't quite catch that. Could you repeat it?",
];
const HUMAN: [&str; 20] = [
    "Yeah, sure.",
    "Um, I think Thursday would be better for me.",
    "It's been like this since last weekend, and it's getting worse.",
    "How much would that be, roughly?",
    "Okay, sounds good.",
    "Hold on one second, let me get a pen.",
    "No, that's all. Thank you so much.",
    "Can I just talk to a real person?",
    "My husband usually handles this, but he's at work.",
    "Yes, this is the right number to call me back.",
    "I found you online, a friend said you were great.",
    "Do you have anything earlier? I leave for work at nine.",
    "Is that including tax?",
    "I already called yesterday and nobody got back to me.",
    "Right, that's correct.",
    "I'd rather get an email, if that's possible.",
    "Actually, could we make it the week after?",
    "Sorry, the line is breaking up a little.",
    "It's the second house on the left, you can't miss it.",
    "Perfect.",
];
const BOT_ES: [&str; 7] = [
    "Con mucho gusto. ¿Me puede dar su nombre completo, por favor?",
    "Tengo disponible el martes a las diez y media o el jueves a las dos.",
    "Perfecto, ya lo anoté.",
    "¿Cuál es el mejor número para llamarle?",
    "Le enviaré un mensaje de texto con los detalles. ¿Está bien?",
    "¿Hay algo más en lo que pueda ayudarle?",
    "Nuestro horario es de lunes a viernes, de ocho a seis.",
];
const HUMAN_ES: [&str; 7] = [
    "Sí, claro.",
    "El jueves me queda mejor, gracias.",
    "¿Y cuánto costaría, más o menos?",
    "Ah, muy bien, perfecto.",
    "Mi hija me dio este número.",
    "¿No tiene algo más temprano? Mañana, quizás.",
    "No, es todo. Muchas gracias, señorita.",
];

impl Topic {
    fn opening(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Booking, Language::English) => "Hi, I'd like to make an appointment.",
            (Self::Pricing, Language::English) => "Hello, I was wondering what you charge.",
            (Self::Reschedule, Language::English) => "I need to move my appointment, please.",
            (Self::Support, Language::English) => "Hi, I have a problem with the last visit.",
            (Self::Booking, Language::Spanish) => "Hola, quisiera hacer una cita.",
            (Self::Pricing, Language::Spanish) => "Buenas, quería preguntar por los precios.",
            (Self::Reschedule, Language::Spanish) => "Necesito cambiar mi cita, por favor.",
            (Self::Support, Language::Spanish) => "Hola, tengo un problema con el servicio.",
            (Self::HangUp, _) => "",
        }
    }

    fn summary(self) -> &'static str {
        match self {
            Self::Booking => "asked for an appointment and chose a time; details were taken",
            Self::Pricing => "asked about pricing and was given the usual range",
            Self::Reschedule => "asked to move an existing appointment to another day",
            Self::Support => "reported a problem after the last visit and wants a call back",
            Self::HangUp => "hung up before saying anything",
        }
    }

    /// A short label for what the caller wanted.
    pub fn label(self) -> &'static str {
        match self {
            Self::Booking => "booking",
            Self::Pricing => "pricing",
            Self::Reschedule => "reschedule",
            Self::Support => "support",
            Self::HangUp => "hang up",
        }
    }
}

impl Talk {
    /// The conversation as lines of `bot:` and `human:`.
    pub fn transcript(&self) -> String {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let (greetings, bot, human): (&[&str], &[&str], &[&str]) = match self.language {
            Language::English => (&GREETINGS, &BOT, &HUMAN),
            Language::Spanish => (&SALUDOS, &BOT_ES, &HUMAN_ES),
        };
        let mut text = String::with_capacity(self.bytes + 120);
        say(&mut text, "bot", greetings.choose(&mut rng));
        if self.topic == Topic::HangUp {
            return text;
        }
        say(&mut text, "human", Some(&self.topic.opening(self.language)));
        let mut last = [usize::MAX; 2];
        for turn in 0.. {
            if text.len() >= self.bytes {
                break;
            }
            let side = turn % 2;
            let (who, bank) = if side == 0 { ("bot", bot) } else { ("human", human) };
            let mut pick = rng.random_range(0..bank.len());
            if pick == last[side] {
                pick = (pick + 1) % bank.len();
            }
            last[side] = pick;
            say(&mut text, who, bank.get(pick));
        }
        text
    }

    /// One sentence about the conversation.
    pub fn summary(&self, caller: &str) -> String {
        format!("{caller} {}.", self.topic.summary())
    }
}

fn say(text: &mut String, who: &str, phrase: Option<&&str>) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(who);
    text.push_str(": ");
    text.push_str(phrase.copied().unwrap_or_default());
}
