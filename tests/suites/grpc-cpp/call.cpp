/*
 * call CHILD: a child of a process that has called a gRPC server by a channel. "channel" makes
 * another one to that server, which is a process of its own; "inherited" calls by its parent's, a
 * server in the parent; "shutdown" shuts that server down; "exec" begins anew; "late" makes server
 * and channel, and its parent had neither; "idle" leaves them alone. No code is generated: requests
 * and answers are bytes.
 */
#include "../reap.h"
#include <cstdio>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/method_handler.h>
#include <grpcpp/impl/codegen/rpc_service_method.h>
#include <memory>
#include <string>
#include <sys/prctl.h>

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

/* What is only suspected is told of after ten seconds. */
#define PATIENCE_MS 20000

static const char method[] = "/Echo/Say";

class Echo : public grpc::Service
{
      public:
	Echo()
	{
		using Handler = grpc::internal::RpcMethodHandler<Echo, ByteBuffer, ByteBuffer>;

		AddMethod(new grpc::internal::RpcServiceMethod(method, RpcMethod::NORMAL_RPC,
							       new Handler(answer, this)));
	}

      private:
	static grpc::Status answer(Echo *, grpc::ServerContext *, const ByteBuffer *request,
				   ByteBuffer *reply)
	{
		*reply = *request;
		return grpc::Status::OK;
	}
};

struct Service {
	Echo echo;
	int port = 0;
	std::unique_ptr<grpc::Server> server;

	Service()
	{
		grpc::ServerBuilder builder;

		builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
		builder.RegisterService(&echo);
		server = builder.BuildAndStart();
	}
};

/* Channels to one address share their connections, unless they are told not to. */
static std::shared_ptr<grpc::Channel> open_channel(int port)
{
	grpc::ChannelArguments arguments;

	arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
	return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port),
					 grpc::InsecureChannelCredentials(), arguments);
}

static bool call(const std::shared_ptr<grpc::Channel> &channel)
{
	grpc::Slice slice("hello");
	ByteBuffer request(&slice, 1), reply;
	grpc::ClientContext context;

	return grpc::internal::BlockingUnaryCall<ByteBuffer, ByteBuffer>(
		       channel.get(), RpcMethod(method, RpcMethod::NORMAL_RPC), &context, request,
		       &reply)
		.ok();
}

/* A process that serves until its parent ends. */
static int start_server()
{
	int ends[2], port;

	if (pipe(ends) != 0)
		_exit(1);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		Service service;
		if (write(ends[1], &service.port, sizeof(port)) != sizeof(port))
			_exit(1);
		service.server->Wait();
	}
	if (read(ends[0], &port, sizeof(port)) != sizeof(port))
		_exit(1);
	return port;
}

static bool serve_and_call()
{
	Service service;

	return call(open_channel(service.port));
}

struct Parent {
	std::unique_ptr<Service> service;
	std::shared_ptr<grpc::Channel> channel;
	int port = 0;
};

static bool start(const std::string &how, Parent &parent)
{
	if (how == "late")
		return true;
	if (how == "channel")
		parent.port = start_server();
	else
		parent.service = std::make_unique<Service>();
	parent.port = parent.service ? parent.service->port : parent.port;
	parent.channel = open_channel(parent.port);
	return call(parent.channel);
}

static bool run_child(const std::string &how, Parent &parent, char **argv)
{
	if (how == "channel")
		return call(open_channel(parent.port));
	if (how == "inherited")
		return call(parent.channel);
	if (how == "shutdown")
		parent.service->server->Shutdown();
	if (how == "exec")
		execl("/proc/self/exe", argv[0], "late", nullptr);
	return how == "late" ? serve_and_call() : true;
}

int main(int argc, char **argv)
{
	std::string how = argc > 1 ? argv[1] : "";
	Parent parent;
	pid_t child;

	if (!start(how, parent))
		return 1;
	child = fork();
	if (child == 0)
		_exit(run_child(how, parent, argv) ? 0 : 1);
	/* The parent's own threads are not waited for. */
	_exit(reap_within(child, PATIENCE_MS));
}
