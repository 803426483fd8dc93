# Ruby's gRPC: a server and a call before the fork. Its child calls too, which gRPC refuses there:
# it raises, and that is right. With the argument "late" the child alone has server and channel.
require 'grpc'

class Message
  attr_reader :text

  def initialize(text) = @text = text
  def self.encode(message) = message.text
  def self.decode(text) = new(text)
end

class Echo
  include GRPC::GenericService
  self.service_name = 'Echo'
  self.marshal_class_method = :encode
  self.unmarshal_class_method = :decode
  rpc :Say, Message, Message

  def say(request, _call) = request
end

def start
  server = GRPC::RpcServer.new(pool_size: 1)
  port = server.add_http2_port('127.0.0.1:0', :this_port_is_insecure)
  server.handle(Echo)
  Thread.new { server.run }
  server.wait_till_running
  GRPC::ClientStub.new("127.0.0.1:#{port}", :this_channel_is_insecure)
end

def call(stub) = stub.request_response('/Echo/Say', 'hello', :to_s.to_proc, :to_s.to_proc) == 'hello'

def refused?(stub)
  call(stub)
  false
rescue RuntimeError => error
  error.message.include?('forking')
end

late = ARGV.first == 'late'
stub = start unless late
abort 'no answer' unless late || call(stub)
child = fork { exit!(late ? call(start) : refused?(stub)) }
status = Process.wait2(child).last
exit!(status.success?)
