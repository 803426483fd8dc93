/*
 * The peers of Unix sockets come from one netlink question and its answer (sock_diag(7)).
 * /proc/net/unix knows no peers.
 */
#include "sockets.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct question {
	struct nlmsghdr head;
	struct unix_diag_req request;
};

static ssize_t sockets_ask(uint64_t inode, void *answer, size_t capacity)
{
	struct question question = {
		.head = {.nlmsg_len = sizeof(question),
			 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_REQUEST},
		.request = {.sdiag_family = AF_UNIX,
			    .udiag_states = UINT32_MAX,
			    .udiag_ino = (uint32_t)inode,
			    .udiag_show = UDIAG_SHOW_PEER,
			    .udiag_cookie = {UINT32_MAX, UINT32_MAX}},
	};
	int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	ssize_t length = -1;

	if (descriptor < 0)
		return -1;
	if (send(descriptor, &question, sizeof(question), 0) == sizeof(question))
		length = recv(descriptor, answer, capacity, 0);
	close(descriptor);
	return length;
}

/* Datagrams may come from anybody: only streams and packets in sequence have one other end. */
static bool has_one_peer(const struct unix_diag_msg *message)
{
	return message->udiag_type == SOCK_STREAM || message->udiag_type == SOCK_SEQPACKET;
}

bool sockets_peer(uint64_t inode, uint64_t *peer)
{
	_Alignas(8) char answer[4096];
	ssize_t length = sockets_ask(inode, answer, sizeof(answer));
	const struct nlmsghdr *head = (const void *)answer;
	const struct unix_diag_msg *message = NLMSG_DATA(head);
	const struct rtattr *attribute;
	size_t left;

	if (length < (ssize_t)NLMSG_LENGTH(sizeof(*message)) || head->nlmsg_len > (size_t)length ||
	    head->nlmsg_len < NLMSG_LENGTH(sizeof(*message)) ||
	    head->nlmsg_type != SOCK_DIAG_BY_FAMILY || !has_one_peer(message))
		return false;
	left = head->nlmsg_len - NLMSG_LENGTH(sizeof(*message));
	for (attribute = (const void *)(message + 1); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		uint32_t number;

		if (attribute->rta_type != UNIX_DIAG_PEER ||
		    RTA_PAYLOAD(attribute) < sizeof(number))
			continue;
		memcpy(&number, RTA_DATA(attribute), sizeof(number));
		*peer = number;
		return number != 0;
	}
	return false;
}
