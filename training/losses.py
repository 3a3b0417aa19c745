"""What training asks of a network's answers: one loss for each thing that is known of a pair."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def loss_of(logits: Tensor, label: Tensor, smoothing: float) -> Tensor:
    """Cross entropy; `not_contradiction` asks only that the contradiction class stay low."""
    log_p = F.log_softmax(logits.float(), -1)
    neither = torch.logsumexp(log_p[:, :2], -1)
    target = F.one_hot(label.clamp(max=2), 3).float() * (1 - smoothing) + smoothing / 3
    known = -(target * log_p).sum(-1)
    partly = -(1 - smoothing / 3) * neither - smoothing / 3 * log_p[:, 2]
    return torch.where(label == 3, partly, known).mean()


def list_loss(logits: Tensor, label: Tensor, article: Tensor) -> Tensor:
    """Which pairs of an article contradict, if any do: mean over the articles.

    The pairs of an article and "none of them", whose log odds are 0, share one softmax (InfoNCE with a threshold
    class, as in Zhou et al. 2021, arXiv 2010.11304). So a pair must stand above the others of its article, and
    above what is the same for all articles; the hottest wrong pair of an article weighs the most.

    Args:
        logits: (pairs, 3).
        label: (pairs,) of `network.LABELS`, 3 for `not_contradiction`.
        article: (pairs,) number of each pair's article, -1 for a pair of its own.
    """
    odds = logits[:, 2].float() - torch.logsumexp(logits[:, :2].float(), -1)
    each = []
    for number in article[article >= 0].unique():
        own, gold = odds[article == number], label[article == number] == 2
        wanted = torch.logsumexp(own[gold], 0) if gold.any() else own.new_zeros(())
        each.append(torch.logsumexp(torch.cat([own, own.new_zeros(1)]), 0) - wanted)
    return torch.stack(each).mean() if each else logits.new_zeros(())


def graded_loss(logits: Tensor, grade: Tensor) -> Tensor:
    """Cross entropy of P(contradiction) with a careful reader's grade, 0-1, kept off 0 and 1 by 0.01."""
    log_p = F.log_softmax(logits.float(), -1)
    sure = grade.clamp(0.01, 0.99)
    return -(sure * log_p[:, 2] + (1 - sure) * torch.logsumexp(log_p[:, :2], -1)).mean()


def exit_loss(logits: Tensor, final: Tensor, label: Tensor, smoothing: float, follow: float) -> Tensor:
    """Loss of the exit head: a share `follow` of it asks for what the last layer says of the pair.

    The layers above it are better judges of a pair, and are left out of the export
    (self-distillation, Zhang et al. 2019, arXiv 1905.08094).
    """
    own = loss_of(logits, label, smoothing)
    if not follow:
        return own
    said = final.detach().float().softmax(-1)
    return (1 - follow) * own - follow * (said * F.log_softmax(logits.float(), -1)).sum(-1).mean()


def kind_loss(logits: Tensor, kind: Tensor) -> Tensor:
    """Cross entropy of the kind head over the pairs whose kind is known, spread over the batch; 0 for none."""
    total = F.cross_entropy(logits.float(), kind, ignore_index=-1, reduction="sum")
    return total / len(kind)
