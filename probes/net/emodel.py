"""Estimate how a call sounds (MOS) by the E-model, ITU-T G.107 (06/2015), from delay, jitter, and loss.

Pure. All parameters have the default values of G.107, table 2, except the delay and the codec. The codec is G.711 with
packet loss concealment: Ie = 0 and Bpl = 25.1 for random loss (ITU-T G.113, appendix I). G.107 has no values for Opus.
"""

import math
from typing import Final

# By the formulas of G.107 with default values: noise sum, basic signal-to-noise ratio, and R without delay or loss.
_NOISE: Final = -61.18  # dBm0p
_RO: Final = 94.77
_R_DEFAULT: Final = 93.2
_RLR, _TELR, _WEPL = 2.0, 65.0, 110.0  # receive loudness, talker echo loudness, echo path loss; dB
_IE, _BPL = 0.0, 25.1
# One packet of 20 ms is filled before it is sent, and the jitter buffer holds back twice the jitter.
_PACKET_MS: Final = 20.0
_BUFFER: Final = 2


def estimate_mos(rtt_ms: float, jitter_ms: float, loss: float) -> float:
    """The MOS of a call over a line with this round trip, jitter, and share of lost packets (0 to 1), 1.0 to 4.5."""
    one_way = rtt_ms / 2 + _BUFFER * jitter_ms + _PACKET_MS
    return mos_of(rating(one_way, loss))


def rating(one_way_ms: float, loss: float) -> float:
    """The transmission rating R for a delay from mouth to ear and a share of lost packets."""
    percent = 100 * loss
    equipment = _IE + (95 - _IE) * percent / (percent + _BPL)  # G.107, section 7.5
    return _R_DEFAULT - (delay_impairment(one_way_ms) - delay_impairment(0)) - equipment


def delay_impairment(one_way_ms: float) -> float:
    """Id of G.107, section 7.4: talker echo, listener echo, and too long a delay."""
    echo_loudness = _TELR - 40 * math.log10((1 + one_way_ms / 10) / (1 + one_way_ms / 150))
    echo_loudness += 6 * math.exp(-0.3 * one_way_ms**2)
    talker = (-1.5 * (_NOISE - _RLR) - (80 + 2.5 * (echo_loudness - 14))) / 2
    talker_echo = (talker + math.sqrt(talker**2 + 100) - 1) * (1 - math.exp(-one_way_ms))
    listener = (_RO - 10.5 * (_WEPL + 7) / math.pow(2 * one_way_ms + 1, 0.25)) / 2
    listener_echo = listener + math.sqrt(listener**2 + 169)
    return talker_echo + listener_echo + _too_long(one_way_ms)


def _too_long(one_way_ms: float) -> float:
    if one_way_ms <= 100:
        return 0.0
    x = math.log2(one_way_ms / 100)
    return 25 * (math.pow(1 + x**6, 1 / 6) - 3 * math.pow(1 + (x / 3) ** 6, 1 / 6) + 2)


def mos_of(rating_: float) -> float:
    """The MOS of a transmission rating: G.107, annex B."""
    if rating_ <= 0:
        return 1.0
    if rating_ >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * rating_ + rating_ * (rating_ - 60) * (100 - rating_) * 7e-6)
