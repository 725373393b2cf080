"""What events are evidence of: plain words first, then where it is demanded. Own wording throughout.

A control stands here only where the event itself shows that it worked, not where it merely has to do with it.
"AI Act" is Regulation (EU) 2024/1689, "SOC 2" the Trust Services Criteria of 2017, "SS1/23" the PRA's
supervisory statement. SR 11-7 was replaced by SR 26-2 in April 2026; many programmes still map to its
sections.
"""

from typing import Final

from audit.trail.declaring import Control

TRAIL: Final = Control(
    "Who changed what, and when, is recorded by the system itself and cannot be altered unnoticed.",
    "21 CFR 11.10(e); ISO/IEC 42001 A.6.2.8",
)
"""Of every event; pages say it once."""

ACCESS_GIVEN: Final = Control(
    "Access is given on purpose, by somebody who may, and by role.",
    "SOC 2 CC6.2, CC6.3; 21 CFR 11.10(d)",
)
ACCESS_ENDED: Final = Control(
    "Access ends when it is no longer needed.",
    "SOC 2 CC6.2, CC6.3; 21 CFR 11.10(d)",
)
CREDENTIALS: Final = Control(
    "Passwords, keys and tokens are issued, changed and withdrawn under control.",
    "SOC 2 CC6.1; 21 CFR 11.300(b), (c)",
)
SIGN_IN: Final = Control(
    "Who comes in is known, and attempts in vain are seen.",
    "SOC 2 CC6.1, CC7.2; 21 CFR 11.300(d)",
)
OVERSEERS: Final = Control(
    "Those who oversee or own an AI system are named and have the authority for it.",
    "AI Act Art. 26(2); ISO/IEC 42001 A.3.2",
)
INVENTORY: Final = Control(
    "Every AI system and model is listed, with its owners.",
    "SR 11-7 section VI, model inventory; SS1/23 Principle 1.2; NIST AI RMF GOVERN 1.6",
)
DOCUMENTED: Final = Control(
    "What a version is made of, and what is said of it, is written down and kept up to date.",
    "AI Act Art. 11(1) and Annex IV(2); ISO/IEC 42001 A.6.2.7",
)
PROVENANCE: Final = Control(
    "Where the data of a model comes from can be traced.",
    "AI Act Art. 10(2)(b); ISO/IEC 42001 A.7.5",
)
CHANGE: Final = Control(
    "Changes are made by those who may, and what was there before is known.",
    "SOC 2 CC8.1; AI Act Art. 17(1)(a)",
)
DEPLOYED: Final = Control(
    "What is live where, since when, and what the gate said to it, is known.",
    "ISO/IEC 42001 A.6.2.5; SOC 2 CC8.1",
)
CLASSIFIED: Final = Control(
    "Risk is assessed by written rules, and again when something changes.",
    "AI Act Art. 6; ISO/IEC 42001 clause 8.2; SS1/23 Principle 1.3",
)
EXEMPTION: Final = Control(
    "A lighter class, or an exemption, is reasoned, documented and decided by a second person.",
    "AI Act Art. 6(4); SOC 2 CC5.1",
)
TWO_PEOPLE: Final = Control(
    "Nobody lightens a requirement alone.",
    "SOC 2 CC5.1",
)
SIGNATURE: Final = Control(
    "A signature says who signed, when and what it means, and belongs to one record only.",
    "21 CFR 11.50, 11.70, 11.200(a)",
)
AUTHORITY: Final = Control(
    "Only those with the authority sign or approve.",
    "21 CFR 11.10(g); SOC 2 CC6.3",
)
SEQUENCE: Final = Control(
    "Steps are taken in the order that is laid down.",
    "21 CFR 11.10(f); SOC 2 CC8.1",
)
REVALIDATION: Final = Control(
    "An approval ends, and a model is looked at again in time.",
    "SR 11-7 section V, ongoing monitoring; AI Act Art. 17(1)(d)",
)
VALIDATED: Final = Control(
    "There is evidence that the model does what it should.",
    "ISO/IEC 42001 A.6.2.4; SR 11-7 section V; SS1/23 Principle 4",
)
GATED: Final = Control(
    "Before a version goes live it is asked whether it may, and what the answer stands on is known.",
    "SOC 2 CC8.1; ISO/IEC 42001 A.6.2.5",
)
STOPPED: Final = Control(
    "What must not run on is stopped, its predictions go to people, and who is responsible is told.",
    "AI Act Art. 14(4)(e), 20(1), 26(5); NIST AI RMF MANAGE 2.4",
)
LOGGED: Final = Control(
    "Each use of the AI system is recorded by itself, with what it was decided by.",
    "AI Act Art. 12(1)-(2), 19(1), 26(6); ISO/IEC 42001 A.6.2.8",
)
OVERSEEN: Final = Control(
    "A person looks at what the system put out, and can decide otherwise.",
    "AI Act Art. 14(4)(d), 26(2)",
)
MONITORED: Final = Control(
    "How the system does in use, and where people overrule it, is known.",
    "AI Act Art. 26(5), 72(2); ISO/IEC 42001 A.6.2.6; SR 11-7 section V, overrides",
)
CONTESTED: Final = Control(
    "An outcome can be disputed, and people look at it then.",
    "GDPR Art. 22(3)",
)
RULES: Final = Control(
    "The rules that send predictions to people are set on purpose, numbered, and never changed in force.",
    "AI Act Art. 14(3); ISO/IEC 42001 A.9.2",
)
TAKEN_AWAY: Final = Control(
    "Who looked at or took away data is known.",
    "GDPR Art. 5(1)(f), 5(2); SOC 2 CC6.7",
)
TRAINING_DATA: Final = Control(
    "Which labels a later model was trained on can be traced, down to the judgement.",
    "AI Act Art. 10(2)(b); ISO/IEC 42001 A.7.5",
)
DISPOSED: Final = Control(
    "Data that is no longer needed is deleted, and that it was is known.",
    "GDPR Art. 5(1)(e); SOC 2 C1.2",
)
